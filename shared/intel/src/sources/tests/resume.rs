//! A run that is disturbed at any of its requests ends with the same rows as one that is not.

use std::collections::BTreeMap;

use axum::response::Response;

use super::lists::LISTS;
use super::stub::{Asked, Stub, status};
use super::{Kept, fetcher, misp, misp_feed, now, otx, warninglists};
use crate::sources::Source;

type Server = fn(&Asked) -> Response;
type AtUrl = fn(&str) -> Source;

/// Sources that take more than one step, each with a server that is well.
fn servers() -> Vec<(AtUrl, Server)> {
    vec![
        (|_| Source::Otx, |asked| otx::answer(asked, &otx::pulses(45))),
        (|_| Source::Misp, |asked| misp::answer(asked, 1_100)),
        (misp_feed::source, |asked| misp_feed::answer(asked, &misp_feed::manifest(25))),
        (|_| Source::Warninglists, warninglists::answer),
    ]
}

#[tokio::test]
async fn an_error_at_any_request_changes_nothing_in_the_end() {
    for (source, server) in servers() {
        let stub = Stub::new(move |asked, _| server(asked)).await;
        let mut undisturbed = Kept::default();
        undisturbed.run(&fetcher(&stub.url), &source(&stub.url), now()).await.unwrap();
        // Warninglists are all alike: some of them will do.
        let every = stub.asked().len().div_ceil(20);
        for disturbed in (1..=stub.asked().len()).step_by(every) {
            let stub =
                Stub::new(move |asked, number| if number == disturbed { status(503) } else { server(asked) })
                    .await;
            let (fetcher, source) = (fetcher(&stub.url), source(&stub.url));
            let mut kept = Kept::default();
            let mut errors = 0;
            while let Err(error) = kept.run(&fetcher, &source, now()).await {
                assert!(error.is_transient(), "{:?}", error.trouble);
                errors += 1;
            }
            assert!(errors <= 1, "{source}, request {disturbed}");
            assert!(kept.rows == undisturbed.rows, "{source}, request {disturbed}");
            assert_eq!(kept.lists, undisturbed.lists, "{source}, request {disturbed}");
        }
    }
}

#[tokio::test]
async fn a_step_whose_state_was_lost_gives_the_same_rows_again() {
    for (source, server) in servers() {
        let stub = Stub::new(move |asked, _| server(asked)).await;
        let (fetcher, source) = (fetcher(&stub.url), source(&stub.url));
        let mut once = Kept::default();
        once.run(&fetcher, &source, now()).await.unwrap();
        let mut twice = Kept::default();
        loop {
            let state = twice.state.clone();
            twice.step(&fetcher, &source, now()).await.unwrap();
            twice.state = state;
            if !twice.step(&fetcher, &source, now()).await.unwrap() {
                break;
            }
        }
        assert!(twice.rows == once.rows, "{source}");
        assert_eq!(twice.lists, once.lists, "{source}");
    }
}

#[tokio::test]
async fn a_state_of_another_source_is_one_that_was_never_fetched() {
    let mut states = BTreeMap::new();
    for (source, text) in LISTS {
        let stub = Stub::text(text).await;
        let mut kept = Kept::default();
        kept.run(&fetcher(&stub.url), &source, now()).await.unwrap();
        states.insert(source, kept.state);
    }
    for (source, server) in servers() {
        for state in states.values().take(2) {
            let stub = Stub::new(move |asked, _| server(asked)).await;
            let mut kept = Kept { state: state.clone(), ..Kept::default() };
            kept.step(&fetcher(&stub.url), &source(&stub.url), now()).await.unwrap();
            assert_eq!(kept.unchanged, 0);
        }
    }
}
