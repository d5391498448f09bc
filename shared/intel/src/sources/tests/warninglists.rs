use axum::response::Response;

use super::stub::{Asked, Stub, ok, status, versioned};
use super::{Kept, LeftOut, fetcher, now};
use crate::sources::Source;

/// The collection, in which each list has thirty networks.
pub fn answer(asked: &Asked) -> Response {
    let name = asked.path.trim_start_matches('/').trim_end_matches("/list.json");
    assert!(
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
        "{name}"
    );
    versioned(asked, &list(name, 30))
}

fn list(name: &str, entries: usize) -> String {
    let entries: Vec<String> = (0..entries).map(|index| format!("\"198.51.100.{index}/32\"")).collect();
    format!(r#"{{"name":"{name}","type":"cidr","version":1,"list":[{}]}}"#, entries.join(","))
}

#[tokio::test]
async fn each_list_is_handed_over_once_and_again_when_it_has_changed() {
    let stub = Stub::new(|asked, number| {
        let is_new = number > 50 && asked.path.starts_with("/sinkholes/");
        if is_new { ok(list("sinkholes", 31)) } else { answer(asked) }
    })
    .await;
    let fetcher = fetcher(&stub.url);
    let mut kept = Kept::default();
    assert_eq!(kept.run(&fetcher, &Source::Warninglists, now()).await.unwrap(), 50);
    assert_eq!(kept.lists.len(), 50);
    assert!(kept.rows.is_empty());
    kept.lists.clear();
    assert_eq!(kept.run(&fetcher, &Source::Warninglists, now()).await.unwrap(), 50);
    assert_eq!(kept.lists.keys().copied().collect::<Vec<_>>(), ["sinkholes"]);
}

#[tokio::test]
async fn a_list_that_is_broken_does_not_hold_up_its_neighbours() {
    let stub = Stub::new(|asked, number| match asked.path.as_str() {
        "/akamai/list.json" => status(404),
        "/cloudflare/list.json" => ok("{\"name\":\"x\",\"type\":\"regex\",\"list\":[\".*\"]}"),
        "/fastly/list.json" => ok(list("fastly", 0)),
        "/zscaler/list.json" if number > 50 => ok(list("zscaler", 5)),
        _ => answer(asked),
    })
    .await;
    let fetcher = fetcher(&stub.url);
    let mut kept = Kept::default();
    kept.run(&fetcher, &Source::Warninglists, now()).await.unwrap();
    assert_eq!((kept.lists.len(), kept.tally[&LeftOut::Unreadable]), (47, 3));
    kept.lists.clear();
    kept.run(&fetcher, &Source::Warninglists, now()).await.unwrap();
    assert!(kept.lists.is_empty(), "{:?}", kept.lists);
}
