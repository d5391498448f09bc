//! How many mails the account may send.

use super::finding::Finding;
use super::{Account, AccountError};

/// What SES gives an account that nobody has moved out of the sandbox.
/// <https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html>
const SANDBOX_A_DAY: f64 = 200.0;

pub(super) async fn look(account: &Account) -> Result<Vec<Finding>, AccountError> {
    let ses = account.ses();
    let sending = match ses.get_account_sending_enabled().send().await {
        Ok(answer) if answer.enabled() => Finding::ok("SES", "sending is on"),
        Ok(_) => {
            let cure = "aws ses update-account-sending-enabled --enabled, once bounces and complaints are understood";
            Finding::problem("SES", "sending is switched off", cure)
        }
        // Emulators do not know that request; the quota they do.
        Err(error) => Finding::unknown("SES", AccountError::of("ask SES whether it sends", &error))?,
    };
    let quota = ses.get_send_quota().send().await;
    let quota = quota.map_err(|error| AccountError::of("read the quota of SES", &error))?;
    let (sent, most) = (quota.sent_last24_hours(), quota.max24_hour_send());
    let what = format!("{sent:.0} of {most:.0} mails in 24 hours, {:.0} a second", quota.max_send_rate());
    let about = "SES quota";
    let used = if most > 0.0 { sent / most } else { 0.0 };
    let quota = if used >= 0.9 {
        Finding::problem(about, what, "ask AWS for more, or lower the limits in mail_routes")
    } else if (0.0..=SANDBOX_A_DAY).contains(&most) {
        Finding::warning(
            about,
            format!("{what}: the sandbox"),
            "mails reach verified addresses only; ask AWS for production access",
        )
    } else {
        Finding::ok(about, what)
    };
    Ok(vec![sending, quota.figure("sent_24_hours", sent).figure("limit_24_hours", most)])
}
