//! A mail server that accepts everything and keeps each message as it came.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::mails::Mailbox;

/// Longest accepted message; SES ends at 40 MB, ours are under 200 kB.
const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Longest accepted line, a command or a piece of a message.
const MAX_LINE_BYTES: usize = 1024 * 1024;
const IDLE: Duration = Duration::from_mins(1);

/// Serves until dropped; a broken conversation ends alone.
pub(crate) async fn serve(listener: TcpListener, mailbox: Arc<Mailbox>) {
    loop {
        let Ok((mut stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let mailbox = Arc::clone(&mailbox);
        tokio::spawn(async move {
            let (reader, writer) = stream.split();
            // A client that leaves in the middle has sent nothing that counts.
            let _left = converse(BufReader::new(reader), writer, &mailbox).await;
        });
    }
}

/// One conversation, from the greeting to QUIT.
async fn converse(
    mut reader: impl AsyncBufRead + Unpin,
    mut writer: impl AsyncWrite + Unpin,
    mailbox: &Mailbox,
) -> io::Result<()> {
    writer.write_all(b"220 local mail sink\r\n").await?;
    let mut envelope = Envelope::default();
    loop {
        let Some(line) = read_line(&mut reader).await? else { return Ok(()) };
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let reply = match Verb::of(&line) {
            Verb::Hello => "250 local",
            Verb::ExtendedHello => "250-local\r\n250-8BITMIME\r\n250 SMTPUTF8",
            Verb::Mail => {
                envelope = Envelope { has_sender: true, has_recipient: false };
                "250 sender ok"
            }
            Verb::Recipient if envelope.has_sender => {
                envelope.has_recipient = true;
                "250 recipient ok"
            }
            Verb::Data if envelope.has_recipient => {
                writer.write_all(b"354 end with a dot\r\n").await?;
                let Some(message) = read_message(&mut reader).await? else { return Ok(()) };
                envelope = Envelope::default();
                match message {
                    Message::Whole(raw) => {
                        mailbox.add(raw);
                        "250 kept"
                    }
                    Message::TooLong => "552 message too long",
                }
            }
            Verb::Recipient | Verb::Data => "503 bad sequence of commands",
            Verb::Reset => {
                envelope = Envelope::default();
                "250 forgotten"
            }
            Verb::Nothing => "250 still here",
            Verb::Quit => {
                writer.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            Verb::Unknown => "502 command not known",
        };
        writer.write_all(format!("{reply}\r\n").as_bytes()).await?;
    }
}

#[derive(Default)]
struct Envelope {
    has_sender: bool,
    has_recipient: bool,
}

enum Verb {
    Hello,
    ExtendedHello,
    Mail,
    Recipient,
    Data,
    Reset,
    Nothing,
    Quit,
    Unknown,
}

impl Verb {
    fn of(line: &str) -> Self {
        match line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "HELO" => Self::Hello,
            "EHLO" => Self::ExtendedHello,
            "MAIL" => Self::Mail,
            "RCPT" => Self::Recipient,
            "DATA" => Self::Data,
            "RSET" => Self::Reset,
            "NOOP" => Self::Nothing,
            "QUIT" => Self::Quit,
            _ => Self::Unknown,
        }
    }
}

enum Message {
    Whole(Vec<u8>),
    TooLong,
}

/// Reads up to the lonely dot, with the doubled dots of RFC 5321 4.5.2 taken back.
async fn read_message(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Message>> {
    let mut message = Vec::new();
    let mut too_long = false;
    loop {
        let Some(line) = read_line(reader).await? else { return Ok(None) };
        if line == b".\r\n" || line == b".\n" {
            return Ok(Some(if too_long { Message::TooLong } else { Message::Whole(message) }));
        }
        let line = line.strip_prefix(b".").unwrap_or(&line);
        too_long |= message.len() + line.len() > MAX_BYTES;
        if !too_long {
            message.extend_from_slice(line);
        }
    }
}

/// One line with its end; nothing when the client has left.
async fn read_line(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut limited = tokio::io::AsyncReadExt::take(reader, MAX_LINE_BYTES as u64);
    tokio::time::timeout(IDLE, limited.read_until(b'\n', &mut line)).await??;
    Ok(line.ends_with(b"\n").then_some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(said: &str, replies: &[&str], kept: &[&str]) {
        let mailbox = Mailbox::default();
        let mut written = Vec::new();
        converse(BufReader::new(said.as_bytes()), &mut written, &mailbox).await.unwrap();
        let written = String::from_utf8(written).unwrap();
        let codes: Vec<&str> =
            written.lines().filter(|line| line.as_bytes()[3] == b' ').map(|line| &line[..3]).collect();
        assert_eq!(codes, replies, "{said}");
        let mails: Vec<String> =
            mailbox.all().iter().map(|mail| String::from_utf8(mail.raw.clone()).unwrap()).collect();
        assert_eq!(mails, kept, "{said}");
    }

    #[tokio::test]
    async fn a_message_is_kept_as_it_was_before_dots_were_doubled() {
        check(
            "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nSubject: x\r\n\r\n..hidden\r\n...\r\nend\r\n.\r\nQUIT\r\n",
            &["220", "250", "250", "250", "354", "250", "221"],
            &["Subject: x\r\n\r\n.hidden\r\n..\r\nend\r\n"],
        )
        .await;
    }

    #[tokio::test]
    async fn one_conversation_may_carry_more_than_one_message() {
        check(
            "helo x\nmail from:<>\nrcpt to:<c@d>\ndata\none\n.\nMAIL FROM:<>\nRCPT TO:<c@d>\nRCPT TO:<e@f>\nDATA\ntwo\n.\n",
            &["220", "250", "250", "250", "354", "250", "250", "250", "250", "354", "250"],
            &["one\n", "two\n"],
        )
        .await;
    }

    #[tokio::test]
    async fn order_matters_and_half_a_message_is_none() {
        check(
            "NOOP\nDATA\nRCPT TO:<c@d>\nMAIL FROM:<>\nRSET\nRCPT TO:<x>\nVRFY x\n",
            &["220", "250", "503", "503", "250", "250", "503", "502"],
            &[],
        )
        .await;
        check("MAIL FROM:<>\nRCPT TO:<c@d>\nDATA\nhalf", &["220", "250", "250", "354"], &[]).await;
    }
}
