//! Detection rules: the model, readers and writers of the formats they are kept in, validation, versions,
//! ATT&CK and documentation pages.
