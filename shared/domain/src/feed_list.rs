/// The CDB lists that are made of what feeds list. Who writes them, who fetches them and whose rules match against them
/// agree on their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FeedList {
    Ip,
    Domain,
    Url,
    Hash,
}

impl FeedList {
    pub const ALL: [Self; 4] = [Self::Ip, Self::Domain, Self::Url, Self::Hash];

    /// Name of the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ip => "wazuh-triage-feed-ip",
            Self::Domain => "wazuh-triage-feed-domain",
            Self::Url => "wazuh-triage-feed-url",
            Self::Hash => "wazuh-triage-feed-hash",
        }
    }

    /// Key of the object in the bucket of feeds.
    pub fn object_key(self) -> String {
        format!("lists/{}", self.name())
    }

    /// The file as `ossec.conf` and rules write it.
    pub fn path(self) -> String {
        format!("etc/lists/{}", self.name())
    }
}
