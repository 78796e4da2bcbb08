//! Correlators: from hits in event-time order to detections. One module a kind.
