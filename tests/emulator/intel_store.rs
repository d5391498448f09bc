//! The intel table of the emulator does what every store must do.

use anyhow::Result;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::verdict::Provider;
use intel::{DynamoStore, FeedTable, contract, key_of};
use tests::Site;

async fn store() -> Result<DynamoStore> {
    let site = Site::connect()?;
    let table = site.private_table("key", Some("source")).await?;
    Ok(DynamoStore::new(site.dynamodb, table))
}

#[tokio::test]
async fn it_keeps_answers_and_gives_one_turn_at_a_time() -> Result<()> {
    contract::keeps_answers(&store().await?, &"203.0.113.9".parse()?).await;
    Ok(())
}

#[tokio::test]
async fn it_guards_providers() -> Result<()> {
    contract::guards_providers(&store().await?, Provider::Misp).await;
    Ok(())
}

#[tokio::test]
async fn it_finds_networks_that_it_is_told_of() -> Result<()> {
    let site = Site::connect()?;
    let table = site.private_table("key", Some("source")).await?;
    let store = DynamoStore::new(site.dynamodb.clone(), &table);
    contract::finds_networks(&store, async |row| {
        let text = |text: String| AttributeValue::S(text);
        let confidence = row.listing.confidence.unwrap_or_default().to_string();
        let put = site.dynamodb.put_item().table_name(&table).item("key", text(key_of(&row.entry)));
        let put = put.item("source", text(format!("feed#{}", row.source)));
        put.item("confidence", AttributeValue::N(confidence)).send().await.expect("the row is written");
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn what_people_have_listed_is_told_from_what_feeds_write() -> Result<()> {
    let site = Site::connect()?;
    let table = site.private_table("key", Some("source")).await?;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    for (key, source) in [
        ("ip#10.9.9.9", "list#deny"),
        ("domain#evil.example.com", "feed#ours"),
        ("ip#203.0.113.7", "feed#feodo"),
        ("ip#203.0.113.9", "import#feodo"),
        ("ip#203.0.113.9", "answer#otx"),
        ("provider#otx", "gate"),
    ] {
        let put = site.dynamodb.put_item().table_name(&table);
        put.item("key", text(key)).item("source", text(source)).send().await?;
    }
    let store = FeedTable::new(site.dynamodb, table);
    let mut others: Vec<String> = store.listed_by_others().await?.iter().map(ToString::to_string).collect();
    others.sort();
    assert_eq!(others, ["10.9.9.9", "203.0.113.7", "evil.example.com"]);
    Ok(())
}
