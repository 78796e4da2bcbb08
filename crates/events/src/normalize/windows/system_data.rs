//! Names of tasks. Windows has them in the providers' message files, and a record read elsewhere has only
//! the number.

/// Tasks of the security log: the subcategories of the audit policy.
const AUDIT: &[(u32, &str)] = &[
    (12288, "Security State Change"),
    (12289, "Security System Extension"),
    (12290, "System Integrity"),
    (12291, "IPsec Driver"),
    (12292, "Other System Events"),
    (12544, "Logon"),
    (12545, "Logoff"),
    (12546, "Account Lockout"),
    (12547, "IPsec Main Mode"),
    (12548, "Special Logon"),
    (12549, "IPsec Quick Mode"),
    (12550, "IPsec Extended Mode"),
    (12551, "Other Logon/Logoff Events"),
    (12552, "Network Policy Server"),
    (12553, "User / Device Claims"),
    (12554, "Group Membership"),
    (12800, "File System"),
    (12801, "Registry"),
    (12802, "Kernel Object"),
    (12803, "SAM"),
    (12804, "Other Object Access Events"),
    (12805, "Certification Services"),
    (12806, "Application Generated"),
    (12807, "Handle Manipulation"),
    (12808, "File Share"),
    (12809, "Filtering Platform Packet Drop"),
    (12810, "Filtering Platform Connection"),
    (12811, "Detailed File Share"),
    (12812, "Removable Storage"),
    (12813, "Central Policy Staging"),
    (13056, "Sensitive Privilege Use"),
    (13057, "Non Sensitive Privilege Use"),
    (13058, "Other Privilege Use Events"),
    (13312, "Process Creation"),
    (13313, "Process Termination"),
    (13314, "DPAPI Activity"),
    (13315, "RPC Events"),
    (13316, "Plug and Play Events"),
    (13317, "Token Right Adjusted Events"),
    (13568, "Audit Policy Change"),
    (13569, "Authentication Policy Change"),
    (13570, "Authorization Policy Change"),
    (13571, "MPSSVC Rule-Level Policy Change"),
    (13572, "Filtering Platform Policy Change"),
    (13573, "Other Policy Change Events"),
    (13824, "User Account Management"),
    (13825, "Computer Account Management"),
    (13826, "Security Group Management"),
    (13827, "Distribution Group Management"),
    (13828, "Application Group Management"),
    (13829, "Other Account Management Events"),
    (14080, "Directory Service Access"),
    (14081, "Directory Service Changes"),
    (14082, "Directory Service Replication"),
    (14083, "Detailed Directory Service Replication"),
    (14336, "Credential Validation"),
    (14337, "Kerberos Service Ticket Operations"),
    (14338, "Other Account Logon Events"),
    (14339, "Kerberos Authentication Service"),
];

/// Tasks of the event log service.
const EVENT_LOG: &[(u32, &str)] = &[
    (101, "Event processing"),
    (103, "Service shutdown"),
    (104, "Log clear"),
    (105, "Log automatic backup"),
];

/// Tasks of the engine of Windows PowerShell 2 to 5.1.
const POWERSHELL: &[(u32, &str)] =
    &[(4, "Engine Lifecycle"), (6, "Provider Lifecycle"), (8, "Pipeline Execution Details")];

/// Tasks of PowerShell's operational log.
const POWERSHELL_OPERATIONAL: &[(u32, &str)] = &[
    (2, "Execute a Remote Command"),
    (101, "Starting Command"),
    (102, "Stopping Command"),
    (106, "Executing Pipeline"),
];

/// The name of a task.
pub(super) fn task(provider: &str, task: u32) -> Option<&'static str> {
    let tasks = match provider {
        "Microsoft-Windows-Security-Auditing" => AUDIT,
        "Microsoft-Windows-Eventlog" => EVENT_LOG,
        "PowerShell" => POWERSHELL,
        "Microsoft-Windows-PowerShell" => POWERSHELL_OPERATIONAL,
        _ => return None,
    };
    tasks.iter().find(|(number, _)| *number == task).map(|&(_, name)| name)
}
