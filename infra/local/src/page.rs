//! The page that shows the delivered mails. What stands in a mail came from an attacker's log line, so the page
//! escapes all of it and shows HTML only inside a sandbox without scripts.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::conversations::{self, Conversation};
use crate::mails::{Letter, Mail, MailSource};
use crate::scenes::Scene;

/// One mail of `GET /api/mails`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeliveredMail {
    pub id: usize,
    pub received_at: jiff::Timestamp,
    pub from: String,
    pub to: String,
    pub subject: String,
    /// The whole message as it was delivered.
    pub raw: String,
}

/// Serves until dropped.
pub(crate) async fn serve(listener: TcpListener, mails: MailSource) {
    // The error would be the listener's, and axum::serve retries those.
    let _never = axum::serve(listener, router(mails)).await;
}

fn router(mails: MailSource) -> Router {
    Router::new()
        .route("/", get(list))
        .route("/mails/{id}", get(show))
        .route("/mails/{id}/html", get(html))
        .route("/mails/{id}/source", get(source))
        .route("/api/mails", get(api))
        .with_state(mails)
}

const PAGE_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'";
/// A mail may bring its own styles and inline pictures, and nothing else; links open nothing.
const MAIL_POLICY: &str =
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

async fn list(State(mails): State<MailSource>) -> Result<Response, Problem> {
    let mut conversations = conversations::group(&mails.all().await?);
    conversations.sort_by_key(|conversation| std::cmp::Reverse(conversation.latest()));
    page(&List { totals: "", scenes: &[], conversations: &conversations, place: Place::Server })
}

async fn show(State(mails): State<MailSource>, Path(id): Path<usize>) -> Result<Response, Problem> {
    let mail = find(&mails, id).await?;
    let source = String::from_utf8_lossy(&mail.raw).into_owned();
    page(&Show { letter: Letter::read(&mail.raw), source, mail })
}

async fn html(State(mails): State<MailSource>, Path(id): Path<usize>) -> Result<Response, Problem> {
    let mail = find(&mails, id).await?;
    let html = Letter::read(&mail.raw).html.ok_or(Problem::NoSuchMail)?;
    Ok((protected(MAIL_POLICY), Html(html)).into_response())
}

async fn source(State(mails): State<MailSource>, Path(id): Path<usize>) -> Result<Response, Problem> {
    let mail = find(&mails, id).await?;
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((protected(MAIL_POLICY), plain, mail.raw).into_response())
}

async fn api(State(mails): State<MailSource>) -> Result<Json<Vec<DeliveredMail>>, Problem> {
    let delivered = mails.all().await?.into_iter().map(|mail| {
        let letter = Letter::read(&mail.raw);
        DeliveredMail {
            id: mail.id,
            received_at: mail.received_at,
            from: letter.from,
            to: letter.to,
            subject: letter.subject,
            raw: String::from_utf8_lossy(&mail.raw).into_owned(),
        }
    });
    Ok(Json(delivered.collect()))
}

async fn find(mails: &MailSource, id: usize) -> Result<Mail, Problem> {
    mails.all().await?.into_iter().find(|mail| mail.id == id).ok_or(Problem::NoSuchMail)
}

#[derive(Template)]
#[template(path = "list.html")]
struct List<'a> {
    /// What became of the alerts, where that is known.
    totals: &'a str,
    scenes: &'a [Scene],
    conversations: &'a [Conversation],
    place: Place,
}

/// Where the page is read.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// From here, while the demo runs.
    Server,
    /// From the file beside the folder of mails.
    File,
}

impl Place {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "a template passes what it names by reference")]
    fn link(self, id: &usize) -> String {
        match self {
            Self::Server => format!("/mails/{id}"),
            Self::File => format!("mail/{id:02}.html"),
        }
    }

    fn listing(self) -> Option<&'static str> {
        match self {
            Self::Server => Some("/api/mails"),
            Self::File => None,
        }
    }
}

/// The page as a file that is there after the demo has ended.
pub(crate) fn file(totals: &str, scenes: &[Scene], conversations: &[Conversation]) -> anyhow::Result<String> {
    Ok(List { totals, scenes, conversations, place: Place::File }.render()?)
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Show {
    mail: Mail,
    letter: Letter,
    source: String,
}

fn page(template: &impl Template) -> Result<Response, Problem> {
    let text = template.render().map_err(|error| Problem::Other(error.into()))?;
    Ok((protected(PAGE_POLICY), Html(text)).into_response())
}

fn protected(policy: &'static str) -> [(HeaderName, &'static str); 3] {
    [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ]
}

enum Problem {
    NoSuchMail,
    Other(anyhow::Error),
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match self {
            Self::NoSuchMail => (StatusCode::NOT_FOUND, "no such mail\n").into_response(),
            Self::Other(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}\n")).into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::mails::Mailbox;

    const HOSTILE: &str = "From: <a@b>\r\nTo: <c@d>\r\nSubject: <script>alert(1)</script>\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/alternative; boundary=x\r\n\r\n\
        --x\r\nContent-Type: text/plain\r\n\r\n</pre><img src=x onerror=alert(1)>\r\n\
        --x\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>\r\n--x--\r\n";

    fn mails() -> MailSource {
        let mailbox = Mailbox::default();
        mailbox.add(HOSTILE.into());
        MailSource::Delivered(Arc::new(mailbox))
    }

    async fn text(response: Result<Response, Problem>) -> (String, String) {
        let Ok(response) = response else { panic!("no answer") };
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (policy, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn nothing_in_a_mail_becomes_part_of_the_page() {
        for response in [list(State(mails())).await, show(State(mails()), Path(1)).await] {
            let (policy, page) = text(response).await;
            assert!(
                !page.contains("<script") && !page.contains("<img") && page.contains("&#60;script&#62;"),
                "{page}"
            );
            assert!(policy.starts_with("default-src 'none'"), "{policy}");
        }
    }

    #[tokio::test]
    async fn the_html_of_a_mail_is_served_into_a_sandbox() {
        let (policy, page) = text(html(State(mails()), Path(1)).await).await;
        assert!(page.contains("<script>"));
        assert!(policy.starts_with("sandbox; default-src 'none'"), "{policy}");
        let (_, page) = text(show(State(mails()), Path(1)).await).await;
        assert!(page.contains("<iframe sandbox "));
    }

    #[tokio::test]
    async fn the_listing_carries_each_mail_whole() {
        let Ok(Json(delivered)) = api(State(mails())).await else { panic!("no answer") };
        assert_eq!((delivered[0].id, delivered[0].raw.as_str()), (1, HOSTILE));
        assert!(matches!(show(State(mails()), Path(2)).await, Err(Problem::NoSuchMail)));
    }
}
