//! SES refuses in each of its ways.

use anyhow::{Context, Result, ensure};
use tests::Pipeline;
use tests::memory_aws::{Service, Trouble};

use crate::story::{Traces, begun, closed};

fn refusal(code: &'static str, message: &'static str) -> Trouble {
    Trouble::Refuses { status: 400, code, message }
}

/// So many rounds with trouble at SES, and as many as are needed after it.
async fn after(trouble: Trouble, rounds: u32) -> Result<Pipeline> {
    let mut pipeline = begun().await?;
    pipeline.aws.trouble(move |call| (call.service == Service::Ses).then_some(trouble));
    pipeline.rounds(rounds).await?;
    pipeline.aws.recover();
    ensure!(pipeline.aws.mails().is_empty(), "SES has taken a mail");
    pipeline.settle().await?;
    Ok(pipeline)
}

/// Each trouble lasts for so many rounds, and then everything is mailed.
async fn passes(troubles: impl IntoIterator<Item = Trouble>, rounds: u32) -> Result<()> {
    for trouble in troubles {
        let pipeline = after(trouble, rounds).await?;
        let traces = closed(&pipeline).with_context(|| format!("{trouble:?}"))?;
        assert_eq!(traces, Traces::default(), "{trouble:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_tried_again_and_costs_no_second_mail() -> Result<()> {
    let troubles = [
        refusal("Throttling", "Maximum sending rate exceeded."),
        refusal("ThrottlingException", "Rate exceeded"),
        Trouble::refuses(500, "InternalFailure"),
        Trouble::refuses(503, "ServiceUnavailable"),
        Trouble::refuses(403, "AccessDenied"),
        Trouble::Unreachable,
    ];
    passes(troubles, 2).await
}

/// However long it takes: waiting for an account uses up no deliveries.
#[tokio::test(start_paused = true)]
async fn an_account_that_may_not_send_is_waited_for_and_nothing_is_dead_lettered() -> Result<()> {
    let troubles = [
        refusal("Throttling", "Daily message quota exceeded."),
        refusal("AccountSendingPausedException", "Email sending is disabled."),
        refusal("AccountSuspendedException", "The account is suspended."),
        refusal("ConfigurationSetSendingPausedException", ""),
    ];
    passes(troubles, 20).await
}

#[tokio::test(start_paused = true)]
async fn what_ses_rejects_for_good_is_dead_lettered_with_its_reason_and_mailed_when_it_is_sent_back()
-> Result<()> {
    for (code, message) in [
        ("MessageRejected", "Email address is not verified."),
        ("MailFromDomainNotVerifiedException", ""),
        ("ConfigurationSetDoesNotExist", ""),
        ("InvalidParameterValue", "Local address contains control or whitespace"),
    ] {
        let mut pipeline = after(refusal(code, message), 1).await?;
        let letters = pipeline.aws.messages("notices-dlq");
        ensure!(!letters.is_empty(), "{code}: nothing was dead-lettered");
        for letter in letters {
            let reason = letter.attributes.get("reason").map(String::as_str).unwrap_or_default();
            ensure!(reason.starts_with("SES rejected the mail: "), "{code}: {reason}");
            ensure!(
                !reason.contains("whitespace") && !reason.contains("address"),
                "{code}: SES's words went along"
            );
        }
        let before = pipeline.ledger.clone();
        ensure!(
            before.outcomes().get("dead_lettered").is_some_and(|letters| *letters >= 2),
            "{code}: {before:?}"
        );
        pipeline.replay("notices");
        pipeline.settle().await?;
        ensure!(pipeline.aws.messages("notices-dlq").is_empty(), "{code}");
        assert_eq!(pipeline.aws.mails().len(), 3, "{code}");
        // Dead-lettered first, then where they belong: the only second ends there are.
        for alert in ["node-1/1791030127.1", "node-1/hunt-"] {
            let ends = pipeline.ledger.ends_of(alert);
            ensure!(ends == ["dead_lettered", "notified"], "{code}: {alert} {ends:?}");
        }
    }
    Ok(())
}
