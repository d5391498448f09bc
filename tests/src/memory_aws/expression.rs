//! The part of `DynamoDB`'s expression language that this project writes; what is not understood is refused.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

/// Attributes by name, each as `DynamoDB` writes it: `{"S": "text"}`, `{"N": "7"}`.
pub type Item = Map<String, Value>;

/// An expression with what its placeholders stand for.
#[derive(Clone, Copy)]
pub(super) struct Expression<'a> {
    text: &'a str,
    request: &'a Value,
}

/// Why an expression was not understood.
pub(super) type Refusal = String;

impl<'a> Expression<'a> {
    /// The member of a request, if it has one.
    pub(super) fn of(request: &'a Value, member: &str) -> Option<Self> {
        Some(Self { text: request.get(member)?.as_str()?, request })
    }

    /// Whether the condition holds for an item; an absent one has no attributes.
    pub(super) fn holds(self, item: Option<&Item>) -> Result<bool, Refusal> {
        let empty = Item::new();
        let mut reader = self.reader(item.unwrap_or(&empty));
        let holds = reader.any()?;
        reader.end()?;
        Ok(holds)
    }

    /// The text that a key condition asks of an attribute, where it asks for one: `#name = :value`.
    pub(super) fn equal_to(self, attribute: &str) -> Option<&'a str> {
        let words = words(self.text);
        let named = |word: &str| {
            word == attribute
                || self
                    .request
                    .get("ExpressionAttributeNames")
                    .is_some_and(|names| names.get(word).is_some_and(|name| name == attribute))
        };
        words.windows(3).find_map(|asked| match asked {
            [name, "=", value] if named(name) => {
                self.request.get("ExpressionAttributeValues")?.get(*value)?.get("S")?.as_str()
            }
            _ => None,
        })
    }

    /// The item as the update leaves it. Every value is computed from the item as it was.
    pub(super) fn applied(self, item: &Item) -> Result<Item, Refusal> {
        let mut reader = self.reader(item);
        let mut changed = item.clone();
        while let Some(section) = reader.next() {
            match section {
                "SET" => reader.set(&mut changed)?,
                "ADD" => reader.add(&mut changed)?,
                "REMOVE" => reader.remove(&mut changed)?,
                other => return Err(format!("the section {other}")),
            }
        }
        Ok(changed)
    }

    fn reader(self, item: &'a Item) -> Reader<'a>
    where
        Self: 'a,
    {
        Reader { words: words(self.text), at: 0, request: self.request, item }
    }
}

struct Reader<'a> {
    words: Vec<&'a str>,
    at: usize,
    request: &'a Value,
    item: &'a Item,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.at).copied();
        self.at += 1;
        word
    }

    fn takes(&mut self, word: &str) -> bool {
        let taken = self.words.get(self.at) == Some(&word);
        self.at += usize::from(taken);
        taken
    }

    fn must(&mut self, word: &str) -> Result<(), Refusal> {
        if self.takes(word) { Ok(()) } else { Err(format!("{word} is missing before {:?}", self.next())) }
    }

    fn end(&mut self) -> Result<(), Refusal> {
        self.next().map_or(Ok(()), |word| Err(format!("{word} is one too many")))
    }

    fn any(&mut self) -> Result<bool, Refusal> {
        let mut holds = self.all()?;
        while self.takes("OR") {
            holds |= self.all()?;
        }
        Ok(holds)
    }

    fn all(&mut self) -> Result<bool, Refusal> {
        let mut holds = self.one()?;
        while self.takes("AND") {
            holds &= self.one()?;
        }
        Ok(holds)
    }

    fn one(&mut self) -> Result<bool, Refusal> {
        if self.takes("(") {
            let holds = self.any()?;
            return self.must(")").map(|()| holds);
        }
        for (function, expected) in [("attribute_exists", true), ("attribute_not_exists", false)] {
            if self.takes(function) {
                self.must("(")?;
                let name = self.name()?;
                return self.must(")").map(|()| self.item.contains_key(&name) == expected);
            }
        }
        let left = self.operand()?;
        let operator = self.next().unwrap_or_default();
        if operator == "BETWEEN" {
            let low = self.operand()?;
            self.must("AND")?;
            let high = self.operand()?;
            let within = compared(left.as_ref(), low.as_ref()).is_some_and(Ordering::is_ge)
                && compared(left.as_ref(), high.as_ref()).is_some_and(Ordering::is_le);
            return Ok(within);
        }
        if operator == "IN" {
            self.must("(")?;
            let mut found = false;
            loop {
                found |= compared(left.as_ref(), self.operand()?.as_ref()) == Some(Ordering::Equal);
                if !self.takes(",") {
                    return self.must(")").map(|()| found);
                }
            }
        }
        // An attribute that is absent compares with nothing.
        let order = compared(left.as_ref(), self.operand()?.as_ref());
        match operator {
            "=" => Ok(order == Some(Ordering::Equal)),
            "<" => Ok(order.is_some_and(Ordering::is_lt)),
            "<=" => Ok(order.is_some_and(Ordering::is_le)),
            ">" => Ok(order.is_some_and(Ordering::is_gt)),
            ">=" => Ok(order.is_some_and(Ordering::is_ge)),
            other => Err(format!("the operator {other}")),
        }
    }

    fn set(&mut self, changed: &mut Item) -> Result<(), Refusal> {
        loop {
            let name = self.name()?;
            self.must("=")?;
            let value = if self.takes("if_not_exists") {
                self.must("(")?;
                let known = self.operand()?;
                self.must(",")?;
                let other = self.operand()?;
                self.must(")")?;
                known.or(other)
            } else {
                self.operand()?
            };
            changed.insert(name, value.ok_or("a value that is absent")?);
            if !self.takes(",") {
                return Ok(());
            }
        }
    }

    fn add(&mut self, changed: &mut Item) -> Result<(), Refusal> {
        loop {
            let name = self.name()?;
            let more = number(self.operand()?.as_ref()).ok_or("ADD without a number")?;
            let sum = number(self.item.get(&name)).unwrap_or(0) + more;
            changed.insert(name, json!({"N": sum.to_string()}));
            if !self.takes(",") {
                return Ok(());
            }
        }
    }

    fn remove(&mut self, changed: &mut Item) -> Result<(), Refusal> {
        loop {
            changed.remove(&self.name()?);
            if !self.takes(",") {
                return Ok(());
            }
        }
    }

    fn name(&mut self) -> Result<String, Refusal> {
        let word = self.next().ok_or("a name is missing")?;
        if !word.starts_with('#') {
            return Ok(word.to_owned());
        }
        let name = self.request.get("ExpressionAttributeNames").and_then(|names| names.get(word)?.as_str());
        name.map(str::to_owned).ok_or_else(|| format!("{word} has no name"))
    }

    fn operand(&mut self) -> Result<Option<Value>, Refusal> {
        if !self.words.get(self.at).is_some_and(|word| word.starts_with(':')) {
            let name = self.name()?;
            return Ok(self.item.get(&name).cloned());
        }
        let word = self.next().unwrap_or_default();
        let value = self.request.get("ExpressionAttributeValues").and_then(|values| values.get(word));
        value.cloned().map(Some).ok_or_else(|| format!("{word} has no value"))
    }
}

/// Values of different types are never equal, and have no order.
fn compared(left: Option<&Value>, right: Option<&Value>) -> Option<Ordering> {
    let (left, right) = (left?, right?);
    if let (Some(left), Some(right)) = (number(Some(left)), number(Some(right))) {
        return Some(left.cmp(&right));
    }
    Some(left.get("S")?.as_str()?.cmp(right.get("S")?.as_str()?))
}

fn number(value: Option<&Value>) -> Option<i128> {
    value?.get("N")?.as_str()?.parse().ok()
}

fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '#' | ':');
        let is_sign = |letter: char| matches!(letter, '<' | '>' | '=');
        let length = match first {
            letter if is_word(letter) => rest.find(|letter| !is_word(letter)),
            letter if is_sign(letter) => rest.find(|letter| !is_sign(letter)),
            letter => Some(letter.len_utf8()),
        };
        let (word, after) = rest.split_at(length.unwrap_or(rest.len()));
        words.push(word);
        rest = after.trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        let item = json!({"id": {"S": "k"}, "state": {"S": "P"}, "lease": {"N": "9"}, "count": {"N": "10"}});
        item.as_object().unwrap().clone()
    }

    fn request(member: &str, text: &str) -> Value {
        json!({
            member: text,
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {":p": {"S": "P"}, ":d": {"S": "D"}, ":nine": {"N": "9"}, ":ten": {"N": "10"}},
        })
    }

    #[test]
    fn conditions_hold_as_in_dynamodb() {
        for (text, expected) in [
            ("attribute_not_exists(id) OR lease < :nine", Ok(false)),
            ("attribute_exists(id) AND #state = :p", Ok(true)),
            ("attribute_not_exists(id) OR (#state = :p AND (lease < :nine OR count >= :ten))", Ok(true)),
            ("#state IN (:d, :p)", Ok(true)),
            ("#state IN (:d)", Ok(false)),
            ("count BETWEEN :nine AND :ten AND lease <= :nine", Ok(true)),
            // Ten is more than nine, though its text sorts before it.
            ("count > lease", Ok(true)),
            ("absent < :nine OR absent >= :nine OR absent = :p", Ok(false)),
            ("lease = :p", Ok(false)),
            ("lease = :missing", Err(())),
            ("size(id) > :nine", Err(())),
        ] {
            let request = request("ConditionExpression", text);
            let holds = Expression::of(&request, "ConditionExpression").unwrap().holds(Some(&item()));
            assert_eq!(holds.map_err(drop), expected, "{text}");
        }
    }

    #[test]
    fn updates_compute_from_the_item_as_it_was() {
        let text = "SET #state = :d, lease = count, first = if_not_exists(first, :nine) REMOVE count ADD count :ten, new :nine";
        let request = request("UpdateExpression", text);
        let changed = Expression::of(&request, "UpdateExpression").unwrap().applied(&item()).unwrap();
        let expected = json!({
            "id": {"S": "k"}, "state": {"S": "D"}, "lease": {"N": "10"}, "first": {"N": "9"},
            "count": {"N": "20"}, "new": {"N": "9"},
        });
        assert_eq!(Value::Object(changed), expected);
    }
}
