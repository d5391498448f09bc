//! `DynamoDB`'s tables: conditional writes, transactions and queries, and nothing ever expires by itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::expression::{Expression, Item};

/// An item may have no more than this, as the service counts it, nearly: what is written here is JSON.
const MOST_BYTES: usize = 400_000;

#[derive(Debug, Default)]
pub(super) struct Tables {
    tables: BTreeMap<String, Table>,
    /// Tokens of transactions that are done: a repeated request is one request.
    done: BTreeSet<String>,
}

#[derive(Debug)]
struct Table {
    keys: Vec<&'static str>,
    /// By the text of their keys: partition first.
    rows: BTreeMap<Vec<String>, Item>,
}

impl Table {
    /// The rows of a partition, or of all of them, in their order.
    fn within<'a>(&'a self, partition: Option<&'a str>) -> impl Iterator<Item = &'a Item> {
        let begin: Vec<String> = partition.map(str::to_owned).into_iter().collect();
        let is_inside = move |key: &[String]| {
            partition.is_none_or(|wanted| key.first().is_some_and(|first| first == wanted))
        };
        self.rows.range(begin..).take_while(move |(key, _)| is_inside(key)).map(|(_, item)| item)
    }
}

/// What the service says no with.
#[derive(Debug)]
pub(super) struct Refused {
    pub code: &'static str,
    pub more: Value,
}

impl Refused {
    fn invalid(message: impl Into<String>) -> Self {
        Self { code: "ValidationException", more: json!({"message": message.into()}) }
    }
}

impl From<String> for Refused {
    fn from(message: String) -> Self {
        Self::invalid(message)
    }
}

/// A write that was checked and not yet done.
struct Checked {
    table: String,
    key: Vec<String>,
    becomes: Option<Item>,
}

impl Tables {
    pub(super) fn add(&mut self, name: &str, keys: Vec<&'static str>) {
        self.tables.insert(name.to_owned(), Table { keys, rows: BTreeMap::new() });
    }

    /// Rows of a table, for whoever looks.
    pub(super) fn rows(&self, name: &str) -> Vec<Item> {
        self.tables.get(name).map(|table| table.rows.values().cloned().collect()).unwrap_or_default()
    }

    /// Removes what `is_gone` says: what Time to Live does, late or not at all.
    pub(super) fn remove(&mut self, is_gone: impl Fn(&str, &Item) -> bool) {
        for (name, table) in &mut self.tables {
            table.rows.retain(|_, item| !is_gone(name, item));
        }
    }

    pub(super) fn answer(&mut self, operation: &str, request: &Value) -> Result<Value, Refused> {
        match operation {
            "GetItem" => {
                let (table, key) = self.find(request, request.get("Key"))?;
                Ok(table.rows.get(&key).map_or_else(|| json!({}), |item| json!({"Item": item})))
            }
            "PutItem" | "UpdateItem" | "DeleteItem" => {
                let checked = self.check(operation, request)?;
                let attributes = json!(checked.becomes);
                self.write(checked);
                let returns = request.get("ReturnValues").and_then(Value::as_str).unwrap_or("NONE");
                Ok(if returns == "NONE" { json!({}) } else { json!({"Attributes": attributes}) })
            }
            "TransactWriteItems" => self.transact(request),
            "Query" => self.query(request),
            other => Err(Refused::invalid(format!("{other} is not served"))),
        }
    }

    fn table(&self, request: &Value) -> Result<(&str, &Table), Refused> {
        let name = request.get("TableName").and_then(Value::as_str).unwrap_or_default();
        let table = self.tables.get_key_value(name).map(|(name, table)| (name.as_str(), table));
        table.ok_or_else(|| Refused { code: "ResourceNotFoundException", more: json!({"message": name}) })
    }

    fn find(&self, request: &Value, from: Option<&Value>) -> Result<(&Table, Vec<String>), Refused> {
        let (_, table) = self.table(request)?;
        let text = |name: &&str| from?.get(name)?.get("S")?.as_str().map(str::to_owned);
        let key: Option<Vec<String>> = table.keys.iter().map(text).collect();
        key.map(|key| (table, key)).ok_or_else(|| Refused::invalid("a key is missing"))
    }

    fn check(&self, operation: &str, request: &Value) -> Result<Checked, Refused> {
        let from = if operation == "PutItem" { "Item" } else { "Key" };
        let (table, key) = self.find(request, request.get(from))?;
        let standing = table.rows.get(&key);
        if let Some(condition) = Expression::of(request, "ConditionExpression")
            && !condition.holds(standing)?
        {
            let shown =
                request.get("ReturnValuesOnConditionCheckFailure").is_some_and(|value| value == "ALL_OLD");
            let item = standing.filter(|_| shown).map_or_else(|| json!({}), |item| json!({"Item": item}));
            return Err(Refused { code: "ConditionalCheckFailedException", more: item });
        }
        let given = || request.get(from).and_then(Value::as_object).cloned().unwrap_or_default();
        let becomes = match operation {
            "PutItem" => Some(given()),
            "DeleteItem" => None,
            _ => {
                let update = Expression::of(request, "UpdateExpression")
                    .ok_or_else(|| Refused::invalid("no update"))?;
                Some(update.applied(standing.unwrap_or(&given()))?)
            }
        };
        if becomes.as_ref().is_some_and(|item| json!(item).to_string().len() > MOST_BYTES) {
            return Err(Refused::invalid("Item size has exceeded the maximum allowed size"));
        }
        Ok(Checked { table: self.table(request)?.0.to_owned(), key, becomes })
    }

    fn write(&mut self, checked: Checked) {
        let Some(table) = self.tables.get_mut(&checked.table) else { return };
        match checked.becomes {
            Some(item) => table.rows.insert(checked.key, item),
            None => table.rows.remove(&checked.key),
        };
    }

    fn transact(&mut self, request: &Value) -> Result<Value, Refused> {
        let token = request.get("ClientRequestToken").and_then(Value::as_str).unwrap_or_default().to_owned();
        if self.done.contains(&token) {
            return Ok(json!({}));
        }
        let (mut checked, mut reasons, mut is_refused) = (Vec::new(), Vec::new(), false);
        for item in request.get("TransactItems").and_then(Value::as_array).into_iter().flatten() {
            let (kind, write) =
                item.as_object().and_then(|item| item.iter().next()).ok_or("an empty item".to_owned())?;
            match self.check(&format!("{kind}Item"), write) {
                Ok(write) => {
                    checked.push(write);
                    reasons.push(json!({"Code": "None"}));
                }
                Err(Refused { code: "ConditionalCheckFailedException", more }) => {
                    is_refused = true;
                    reasons.push(json!({"Code": "ConditionalCheckFailed", "Item": more.get("Item")}));
                }
                Err(refused) => return Err(refused),
            }
        }
        if is_refused {
            let more = json!({"CancellationReasons": reasons});
            return Err(Refused { code: "TransactionCanceledException", more });
        }
        for write in checked {
            self.write(write);
        }
        self.done.insert(token);
        Ok(json!({}))
    }

    fn query(&self, request: &Value) -> Result<Value, Refused> {
        let (_, table) = self.table(request)?;
        let wanted =
            Expression::of(request, "KeyConditionExpression").ok_or_else(|| Refused::invalid("no key"))?;
        let filter = Expression::of(request, "FilterExpression");
        let has_index = request.get("IndexName").is_some();
        let partition = table.keys.first().filter(|_| !has_index).and_then(|key| wanted.equal_to(key));
        let mut items = Vec::new();
        for item in table.within(partition) {
            if wanted.holds(Some(item))? && filter.map_or(Ok(true), |filter| filter.holds(Some(item)))? {
                items.push(item);
            }
        }
        if request.get("IndexName").is_some_and(|index| index == "due") {
            items.sort_by_key(|item| item.get("next_due").map(Value::to_string));
        }
        if request.get("ScanIndexForward") == Some(&Value::Bool(false)) {
            items.reverse();
        }
        let most = request.get("Limit").and_then(Value::as_u64).and_then(|most| usize::try_from(most).ok());
        items.truncate(most.unwrap_or(usize::MAX));
        let count = items.len();
        let counts_only = request.get("Select").is_some_and(|select| select == "COUNT");
        Ok(if counts_only {
            json!({"Count": count, "ScannedCount": count})
        } else {
            json!({"Items": items, "Count": count, "ScannedCount": count})
        })
    }
}
