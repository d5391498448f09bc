//! The part of the configuration that the way back has.

use super::{Reader, Setting, toml_example};
use crate::home::Home;
use crate::relay::settings::{ApiSettings, ApiUrl, Days, ListSettings, Rate, Settings, Target};

impl Reader<'_> {
    pub(super) fn relay(&mut self, home: &Home) -> Settings {
        let file = self.path(Setting::FeedbackFile).map(Target::File);
        let socket = self.path(Setting::FeedbackSocket);
        let socket = socket.unwrap_or_else(|| home.path().join("queue/sockets/queue"));
        let list = self.path(Setting::IndicatorList);
        Settings {
            queue_url: self.parsed(Setting::FeedbackQueueUrl),
            to: file.unwrap_or(Target::Socket(socket)),
            rate: self.parsed(Setting::FeedbackRate).unwrap_or(Rate::DEFAULT),
            list: ListSettings {
                path: list.unwrap_or_else(|| home.path().join("etc/lists/wazuh-triage-ioc")),
                days: self.parsed(Setting::IndicatorDays).unwrap_or(Days::DEFAULT),
            },
            lists_bucket: self.parsed(Setting::ListsBucket),
            api: self.api(home),
            state: home.spool().join("relay"),
        }
    }

    fn api(&mut self, home: &Home) -> Option<ApiSettings> {
        let url = self.parsed(Setting::WazuhApiUrl);
        let ca_file = self.path(Setting::WazuhApiCaFile);
        let user = self.parsed(Setting::WazuhApiUser);
        let password_file = self.path(Setting::WazuhApiPasswordFile);
        let (user, password_file) = match (user, password_file) {
            (Some(user), Some(password_file)) => (user, password_file),
            (None, None) => return None,
            (None, Some(_)) => {
                return self.missing(Setting::WazuhApiUser, "the password of Wazuh's API has no user");
            }
            (Some(_), None) => {
                return self
                    .missing(Setting::WazuhApiPasswordFile, "the user of Wazuh's API has no password");
            }
        };
        let url = match url {
            Some(url) => url,
            None => ApiUrl::try_from(ApiUrl::DEFAULT.to_owned()).ok()?,
        };
        let ca_file = ca_file.unwrap_or_else(|| home.path().join("api/configuration/ssl/server.crt"));
        Some(ApiSettings { url, user, password_file, ca_file })
    }

    fn missing<T>(&mut self, setting: Setting, wrong: &str) -> Option<T> {
        self.problem(setting.key(), wrong, &toml_example(setting));
        None
    }
}
