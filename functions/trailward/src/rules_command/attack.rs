//! The part of ATT&CK that a rule on cloud records may name: tactics in their
//! order, techniques with the tactics that they serve.

/// A tactic's tag (without `attack.`) and its name.
pub(super) const TACTICS: [(&str, &str); 14] = [
    ("reconnaissance", "Reconnaissance"),
    ("resource-development", "Resource Development"),
    ("initial-access", "Initial Access"),
    ("execution", "Execution"),
    ("persistence", "Persistence"),
    ("privilege-escalation", "Privilege Escalation"),
    ("defense-evasion", "Defense Evasion"),
    ("credential-access", "Credential Access"),
    ("discovery", "Discovery"),
    ("lateral-movement", "Lateral Movement"),
    ("collection", "Collection"),
    ("command-and-control", "Command and Control"),
    ("exfiltration", "Exfiltration"),
    ("impact", "Impact"),
];

/// A technique.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Technique {
    /// Its number, as ATT&CK writes it.
    pub(super) id: &'static str,
    /// Its name; a sub-technique's own, without that of the technique.
    pub(super) name: &'static str,
    /// The tags of its tactics, parted by blanks.
    tactics: &'static str,
}

impl Technique {
    /// Whether it serves a tactic.
    pub(super) fn serves(&self, tactic: &str) -> bool {
        self.tactics.split(' ').any(|known| known == tactic)
    }
}

/// The technique of a number, if it is known here.
pub(super) fn technique(id: &str) -> Option<&'static Technique> {
    let place = TECHNIQUES.binary_search_by_key(&id, |technique| technique.id);
    place.ok().and_then(|place| TECHNIQUES.get(place))
}

/// The number in a tag such as `attack.t1098.001`: `T1098.001`.
pub(super) fn technique_of_tag(tag: &str) -> Option<String> {
    let number = tag.strip_prefix("attack.t")?;
    let digits = number.starts_with(|first: char| first.is_ascii_digit());
    digits.then(|| format!("T{number}"))
}

/// Where ATT&CK describes a technique.
pub(super) fn address(id: &str) -> String {
    format!(
        "https://attack.mitre.org/techniques/{}/",
        id.replace('.', "/")
    )
}

/// By number.
#[rustfmt::skip]
const TECHNIQUES: &[Technique] = &[
    Technique { id: "T1003", name: "OS Credential Dumping", tactics: "credential-access" },
    Technique { id: "T1005", name: "Data from Local System", tactics: "collection" },
    Technique { id: "T1016", name: "System Network Configuration Discovery", tactics: "discovery" },
    Technique { id: "T1018", name: "Remote System Discovery", tactics: "discovery" },
    Technique { id: "T1020", name: "Automated Exfiltration", tactics: "exfiltration" },
    Technique { id: "T1020.001", name: "Traffic Duplication", tactics: "exfiltration" },
    Technique { id: "T1021", name: "Remote Services", tactics: "lateral-movement" },
    Technique { id: "T1021.001", name: "Remote Desktop Protocol", tactics: "lateral-movement" },
    Technique { id: "T1021.004", name: "SSH", tactics: "lateral-movement" },
    Technique { id: "T1021.007", name: "Cloud Services", tactics: "lateral-movement" },
    Technique { id: "T1021.008", name: "Direct Cloud VM Connections", tactics: "lateral-movement" },
    Technique { id: "T1027", name: "Obfuscated Files or Information", tactics: "defense-evasion" },
    Technique { id: "T1027.001", name: "Binary Padding", tactics: "defense-evasion" },
    Technique { id: "T1029", name: "Scheduled Transfer", tactics: "exfiltration" },
    Technique { id: "T1030", name: "Data Transfer Size Limits", tactics: "exfiltration" },
    Technique { id: "T1033", name: "System Owner/User Discovery", tactics: "discovery" },
    Technique { id: "T1036", name: "Masquerading", tactics: "defense-evasion" },
    Technique { id: "T1036.003", name: "Rename Legitimate Utilities", tactics: "defense-evasion" },
    Technique { id: "T1036.005", name: "Match Legitimate Resource Name or Location", tactics: "defense-evasion" },
    Technique { id: "T1037", name: "Boot or Logon Initialization Scripts", tactics: "persistence privilege-escalation" },
    Technique { id: "T1040", name: "Network Sniffing", tactics: "credential-access discovery" },
    Technique { id: "T1041", name: "Exfiltration Over C2 Channel", tactics: "exfiltration" },
    Technique { id: "T1046", name: "Network Service Discovery", tactics: "discovery" },
    Technique { id: "T1048", name: "Exfiltration Over Alternative Protocol", tactics: "exfiltration" },
    Technique { id: "T1049", name: "System Network Connections Discovery", tactics: "discovery" },
    Technique { id: "T1053", name: "Scheduled Task/Job", tactics: "execution persistence privilege-escalation" },
    Technique { id: "T1059", name: "Command and Scripting Interpreter", tactics: "execution" },
    Technique { id: "T1059.004", name: "Unix Shell", tactics: "execution" },
    Technique { id: "T1059.009", name: "Cloud API", tactics: "execution" },
    Technique { id: "T1068", name: "Exploitation for Privilege Escalation", tactics: "privilege-escalation" },
    Technique { id: "T1069", name: "Permission Groups Discovery", tactics: "discovery" },
    Technique { id: "T1069.003", name: "Cloud Groups", tactics: "discovery" },
    Technique { id: "T1070", name: "Indicator Removal", tactics: "defense-evasion" },
    Technique { id: "T1070.004", name: "File Deletion", tactics: "defense-evasion" },
    Technique { id: "T1070.009", name: "Clear Persistence", tactics: "defense-evasion" },
    Technique { id: "T1071", name: "Application Layer Protocol", tactics: "command-and-control" },
    Technique { id: "T1071.004", name: "DNS", tactics: "command-and-control" },
    Technique { id: "T1072", name: "Software Deployment Tools", tactics: "execution lateral-movement" },
    Technique { id: "T1074", name: "Data Staged", tactics: "collection" },
    Technique { id: "T1074.002", name: "Remote Data Staging", tactics: "collection" },
    Technique { id: "T1078", name: "Valid Accounts", tactics: "initial-access persistence privilege-escalation defense-evasion" },
    Technique { id: "T1078.001", name: "Default Accounts", tactics: "initial-access persistence privilege-escalation defense-evasion" },
    Technique { id: "T1078.004", name: "Cloud Accounts", tactics: "initial-access persistence privilege-escalation defense-evasion" },
    Technique { id: "T1082", name: "System Information Discovery", tactics: "discovery" },
    Technique { id: "T1087", name: "Account Discovery", tactics: "discovery" },
    Technique { id: "T1087.004", name: "Cloud Account", tactics: "discovery" },
    Technique { id: "T1090", name: "Proxy", tactics: "command-and-control" },
    Technique { id: "T1090.001", name: "Internal Proxy", tactics: "command-and-control" },
    Technique { id: "T1090.003", name: "Multi-hop Proxy", tactics: "command-and-control" },
    Technique { id: "T1098", name: "Account Manipulation", tactics: "persistence privilege-escalation" },
    Technique { id: "T1098.001", name: "Additional Cloud Credentials", tactics: "persistence privilege-escalation" },
    Technique { id: "T1098.003", name: "Additional Cloud Roles", tactics: "persistence privilege-escalation" },
    Technique { id: "T1098.004", name: "SSH Authorized Keys", tactics: "persistence privilege-escalation" },
    Technique { id: "T1098.005", name: "Device Registration", tactics: "persistence privilege-escalation" },
    Technique { id: "T1098.006", name: "Additional Container Cluster Roles", tactics: "persistence privilege-escalation" },
    Technique { id: "T1102", name: "Web Service", tactics: "command-and-control" },
    Technique { id: "T1105", name: "Ingress Tool Transfer", tactics: "command-and-control" },
    Technique { id: "T1110", name: "Brute Force", tactics: "credential-access" },
    Technique { id: "T1110.001", name: "Password Guessing", tactics: "credential-access" },
    Technique { id: "T1110.003", name: "Password Spraying", tactics: "credential-access" },
    Technique { id: "T1110.004", name: "Credential Stuffing", tactics: "credential-access" },
    Technique { id: "T1114", name: "Email Collection", tactics: "collection" },
    Technique { id: "T1114.003", name: "Email Forwarding Rule", tactics: "collection" },
    Technique { id: "T1119", name: "Automated Collection", tactics: "collection" },
    Technique { id: "T1133", name: "External Remote Services", tactics: "initial-access persistence" },
    Technique { id: "T1136", name: "Create Account", tactics: "persistence" },
    Technique { id: "T1136.003", name: "Cloud Account", tactics: "persistence" },
    Technique { id: "T1190", name: "Exploit Public-Facing Application", tactics: "initial-access" },
    Technique { id: "T1195", name: "Supply Chain Compromise", tactics: "initial-access" },
    Technique { id: "T1195.001", name: "Compromise Software Dependencies and Development Tools", tactics: "initial-access" },
    Technique { id: "T1199", name: "Trusted Relationship", tactics: "initial-access" },
    Technique { id: "T1201", name: "Password Policy Discovery", tactics: "discovery" },
    Technique { id: "T1204", name: "User Execution", tactics: "execution" },
    Technique { id: "T1204.003", name: "Malicious Image", tactics: "execution" },
    Technique { id: "T1211", name: "Exploitation for Defense Evasion", tactics: "defense-evasion" },
    Technique { id: "T1212", name: "Exploitation for Credential Access", tactics: "credential-access" },
    Technique { id: "T1213", name: "Data from Information Repositories", tactics: "collection" },
    Technique { id: "T1213.003", name: "Code Repositories", tactics: "collection" },
    Technique { id: "T1213.006", name: "Databases", tactics: "collection" },
    Technique { id: "T1219", name: "Remote Access Tools", tactics: "command-and-control" },
    Technique { id: "T1484", name: "Domain or Tenant Policy Modification", tactics: "defense-evasion privilege-escalation" },
    Technique { id: "T1484.001", name: "Group Policy Modification", tactics: "defense-evasion privilege-escalation" },
    Technique { id: "T1484.002", name: "Trust Modification", tactics: "defense-evasion privilege-escalation" },
    Technique { id: "T1485", name: "Data Destruction", tactics: "impact" },
    Technique { id: "T1485.001", name: "Lifecycle-Triggered Deletion", tactics: "impact" },
    Technique { id: "T1486", name: "Data Encrypted for Impact", tactics: "impact" },
    Technique { id: "T1489", name: "Service Stop", tactics: "impact" },
    Technique { id: "T1490", name: "Inhibit System Recovery", tactics: "impact" },
    Technique { id: "T1491", name: "Defacement", tactics: "impact" },
    Technique { id: "T1491.001", name: "Internal Defacement", tactics: "impact" },
    Technique { id: "T1491.002", name: "External Defacement", tactics: "impact" },
    Technique { id: "T1496", name: "Resource Hijacking", tactics: "impact" },
    Technique { id: "T1496.001", name: "Compute Hijacking", tactics: "impact" },
    Technique { id: "T1496.002", name: "Bandwidth Hijacking", tactics: "impact" },
    Technique { id: "T1496.003", name: "SMS Pumping", tactics: "impact" },
    Technique { id: "T1496.004", name: "Cloud Service Hijacking", tactics: "impact" },
    Technique { id: "T1498", name: "Network Denial of Service", tactics: "impact" },
    Technique { id: "T1499", name: "Endpoint Denial of Service", tactics: "impact" },
    Technique { id: "T1505", name: "Server Software Component", tactics: "persistence" },
    Technique { id: "T1518", name: "Software Discovery", tactics: "discovery" },
    Technique { id: "T1518.001", name: "Security Software Discovery", tactics: "discovery" },
    Technique { id: "T1525", name: "Implant Internal Image", tactics: "persistence" },
    Technique { id: "T1526", name: "Cloud Service Discovery", tactics: "discovery" },
    Technique { id: "T1528", name: "Steal Application Access Token", tactics: "credential-access" },
    Technique { id: "T1529", name: "System Shutdown/Reboot", tactics: "impact" },
    Technique { id: "T1530", name: "Data from Cloud Storage", tactics: "collection" },
    Technique { id: "T1531", name: "Account Access Removal", tactics: "impact" },
    Technique { id: "T1534", name: "Internal Spearphishing", tactics: "lateral-movement" },
    Technique { id: "T1535", name: "Unused/Unsupported Cloud Regions", tactics: "defense-evasion" },
    Technique { id: "T1537", name: "Transfer Data to Cloud Account", tactics: "exfiltration" },
    Technique { id: "T1538", name: "Cloud Service Dashboard", tactics: "discovery" },
    Technique { id: "T1539", name: "Steal Web Session Cookie", tactics: "credential-access" },
    Technique { id: "T1543", name: "Create or Modify System Process", tactics: "persistence privilege-escalation" },
    Technique { id: "T1546", name: "Event Triggered Execution", tactics: "persistence privilege-escalation" },
    Technique { id: "T1548", name: "Abuse Elevation Control Mechanism", tactics: "privilege-escalation defense-evasion" },
    Technique { id: "T1548.005", name: "Temporary Elevated Cloud Access", tactics: "privilege-escalation defense-evasion" },
    Technique { id: "T1550", name: "Use Alternate Authentication Material", tactics: "defense-evasion lateral-movement" },
    Technique { id: "T1550.001", name: "Application Access Token", tactics: "defense-evasion lateral-movement" },
    Technique { id: "T1550.004", name: "Web Session Cookie", tactics: "defense-evasion lateral-movement" },
    Technique { id: "T1552", name: "Unsecured Credentials", tactics: "credential-access" },
    Technique { id: "T1552.001", name: "Credentials In Files", tactics: "credential-access" },
    Technique { id: "T1552.004", name: "Private Keys", tactics: "credential-access" },
    Technique { id: "T1552.005", name: "Cloud Instance Metadata API", tactics: "credential-access" },
    Technique { id: "T1552.007", name: "Container API", tactics: "credential-access" },
    Technique { id: "T1553", name: "Subvert Trust Controls", tactics: "defense-evasion" },
    Technique { id: "T1554", name: "Compromise Host Software Binary", tactics: "persistence" },
    Technique { id: "T1555", name: "Credentials from Password Stores", tactics: "credential-access" },
    Technique { id: "T1555.006", name: "Cloud Secrets Management Stores", tactics: "credential-access" },
    Technique { id: "T1556", name: "Modify Authentication Process", tactics: "credential-access defense-evasion persistence" },
    Technique { id: "T1556.006", name: "Multi-Factor Authentication", tactics: "credential-access defense-evasion persistence" },
    Technique { id: "T1556.007", name: "Hybrid Identity", tactics: "credential-access defense-evasion persistence" },
    Technique { id: "T1556.009", name: "Conditional Access Policies", tactics: "credential-access defense-evasion persistence" },
    Technique { id: "T1557", name: "Adversary-in-the-Middle", tactics: "credential-access collection" },
    Technique { id: "T1560", name: "Archive Collected Data", tactics: "collection" },
    Technique { id: "T1562", name: "Impair Defenses", tactics: "defense-evasion" },
    Technique { id: "T1562.001", name: "Disable or Modify Tools", tactics: "defense-evasion" },
    Technique { id: "T1562.004", name: "Disable or Modify System Firewall", tactics: "defense-evasion" },
    Technique { id: "T1562.006", name: "Indicator Blocking", tactics: "defense-evasion" },
    Technique { id: "T1562.007", name: "Disable or Modify Cloud Firewall", tactics: "defense-evasion" },
    Technique { id: "T1562.008", name: "Disable or Modify Cloud Logs", tactics: "defense-evasion" },
    Technique { id: "T1564", name: "Hide Artifacts", tactics: "defense-evasion" },
    Technique { id: "T1565", name: "Data Manipulation", tactics: "impact" },
    Technique { id: "T1565.001", name: "Stored Data Manipulation", tactics: "impact" },
    Technique { id: "T1565.002", name: "Transmitted Data Manipulation", tactics: "impact" },
    Technique { id: "T1566", name: "Phishing", tactics: "initial-access" },
    Technique { id: "T1567", name: "Exfiltration Over Web Service", tactics: "exfiltration" },
    Technique { id: "T1567.002", name: "Exfiltration to Cloud Storage", tactics: "exfiltration" },
    Technique { id: "T1568", name: "Dynamic Resolution", tactics: "command-and-control" },
    Technique { id: "T1570", name: "Lateral Tool Transfer", tactics: "lateral-movement" },
    Technique { id: "T1572", name: "Protocol Tunneling", tactics: "command-and-control" },
    Technique { id: "T1574", name: "Hijack Execution Flow", tactics: "persistence privilege-escalation defense-evasion" },
    Technique { id: "T1578", name: "Modify Cloud Compute Infrastructure", tactics: "defense-evasion" },
    Technique { id: "T1578.001", name: "Create Snapshot", tactics: "defense-evasion" },
    Technique { id: "T1578.002", name: "Create Cloud Instance", tactics: "defense-evasion" },
    Technique { id: "T1578.003", name: "Delete Cloud Instance", tactics: "defense-evasion" },
    Technique { id: "T1578.004", name: "Revert Cloud Instance", tactics: "defense-evasion" },
    Technique { id: "T1578.005", name: "Modify Cloud Compute Configurations", tactics: "defense-evasion" },
    Technique { id: "T1580", name: "Cloud Infrastructure Discovery", tactics: "discovery" },
    Technique { id: "T1583", name: "Acquire Infrastructure", tactics: "resource-development" },
    Technique { id: "T1584", name: "Compromise Infrastructure", tactics: "resource-development" },
    Technique { id: "T1584.001", name: "Domains", tactics: "resource-development" },
    Technique { id: "T1584.002", name: "DNS Server", tactics: "resource-development" },
    Technique { id: "T1585", name: "Establish Accounts", tactics: "resource-development" },
    Technique { id: "T1585.002", name: "Email Accounts", tactics: "resource-development" },
    Technique { id: "T1586", name: "Compromise Accounts", tactics: "resource-development" },
    Technique { id: "T1586.003", name: "Cloud Accounts", tactics: "resource-development" },
    Technique { id: "T1595", name: "Active Scanning", tactics: "reconnaissance" },
    Technique { id: "T1599", name: "Network Boundary Bridging", tactics: "defense-evasion" },
    Technique { id: "T1600", name: "Weaken Encryption", tactics: "defense-evasion" },
    Technique { id: "T1606", name: "Forge Web Credentials", tactics: "credential-access" },
    Technique { id: "T1606.002", name: "SAML Tokens", tactics: "credential-access" },
    Technique { id: "T1609", name: "Container Administration Command", tactics: "execution" },
    Technique { id: "T1610", name: "Deploy Container", tactics: "defense-evasion execution" },
    Technique { id: "T1611", name: "Escape to Host", tactics: "privilege-escalation" },
    Technique { id: "T1613", name: "Container and Resource Discovery", tactics: "discovery" },
    Technique { id: "T1619", name: "Cloud Storage Object Discovery", tactics: "discovery" },
    Technique { id: "T1621", name: "Multi-Factor Authentication Request Generation", tactics: "credential-access" },
    Technique { id: "T1648", name: "Serverless Execution", tactics: "execution" },
    Technique { id: "T1651", name: "Cloud Administration Command", tactics: "execution" },
    Technique { id: "T1654", name: "Log Enumeration", tactics: "discovery" },
    Technique { id: "T1657", name: "Financial Theft", tactics: "impact" },
    Technique { id: "T1666", name: "Modify Cloud Resource Hierarchy", tactics: "defense-evasion" },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_names_tactics() {
        assert!(TECHNIQUES.is_sorted_by(|a, b| a.id < b.id));
        for known in TECHNIQUES {
            assert_eq!(technique(known.id), Some(known));
            for tactic in known.tactics.split(' ') {
                assert!(TACTICS.iter().any(|(tag, _)| *tag == tactic), "{tactic}");
            }
        }
    }

    #[test]
    fn every_technique_of_the_built_in_rules_is_known() {
        for rule in rules::builtin().unwrap() {
            for id in rule
                .meta
                .tags
                .iter()
                .filter_map(|tag| technique_of_tag(tag))
            {
                let file = &rule.meta.location.file;
                assert!(technique(&id).is_some(), "{file}: {id} is not in the table");
            }
        }
    }

    #[test]
    fn tags_become_numbers() {
        assert_eq!(technique_of_tag("attack.t1098.001").unwrap(), "T1098.001");
        assert_eq!(technique_of_tag("attack.persistence"), None);
        assert_eq!(technique_of_tag("cve.2021-44228"), None);
        let address = address("T1098.001");
        assert_eq!(address, "https://attack.mitre.org/techniques/T1098/001/");
    }
}
