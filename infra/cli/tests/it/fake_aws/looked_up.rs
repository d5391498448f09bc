//! Its tables, parameters and figures.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{AWS_KEY, World};

impl World {
    pub(super) fn metric_data(&self, request: &Value) -> Value {
        let at = Timestamp::now().as_second() - 270;
        let queries = request["MetricDataQueries"].as_array().unwrap().iter().map(|query| {
            let metric = &query["MetricStat"]["Metric"];
            let is_it = |(name, whose, _): &&(&str, String, f64)| {
                metric["MetricName"] == *name && metric["Dimensions"][0]["Value"] == **whose
            };
            let values: Vec<f64> = self.figures.iter().filter(is_it).map(|(_, _, value)| *value).collect();
            json!({"Id": query["Id"], "Timestamps": vec![at; values.len()], "Values": values, "StatusCode": "Complete"})
        });
        json!({"MetricDataResults": queries.collect::<Vec<_>>(), "Messages": []})
    }

    pub(super) fn dynamodb(&mut self, operation: &str, request: &Value) -> Result<Value, &'static str> {
        let rows =
            self.tables.get(request["TableName"].as_str().unwrap()).ok_or("ResourceNotFoundException")?;
        let has = |row: &Value, key: &Value| {
            key.as_object().unwrap().iter().all(|(name, value)| row[name] == *value)
        };
        Ok(match operation {
            "GetItem" => match rows.iter().find(|row| has(row, &request["Key"])) {
                Some(row) => json!({"Item": row}),
                None => json!({}),
            },
            "Query" => {
                let id = &request["ExpressionAttributeValues"][":id"];
                let found: Vec<&Value> = rows.iter().filter(|row| row["id"] == *id).collect();
                json!({"Count": found.len(), "Items": found})
            }
            "DescribeTable" => json!({"Table": {"TableStatus": "ACTIVE"}}),
            "DescribeTimeToLive" => {
                json!({"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}})
            }
            other => panic!("{other} is not known here"),
        })
    }

    pub(super) fn ssm(&mut self, operation: &str, request: &Value) -> Result<Value, &'static str> {
        if operation == "DescribeParameters" {
            let name = request["ParameterFilters"][0]["Values"][0].as_str().unwrap();
            let key = &self.parameters.get(name).unwrap().key_id;
            return Ok(json!({"Parameters": [{"Name": name, "Type": "SecureString", "KeyId": key}]}));
        }
        let name = request["Name"].as_str().unwrap();
        let parameter = self.parameters.get_mut(name).ok_or("ParameterNotFound")?;
        Ok(match operation {
            "GetParameter" => {
                let decrypted = request["WithDecryption"].as_bool().unwrap_or(false);
                let value = if decrypted { parameter.value.as_str() } else { "cipher" };
                json!({"Parameter": {
                    "Name": name, "Type": parameter.kind, "Value": value, "Version": parameter.version,
                    "LastModifiedDate": 1_791_030_127.0,
                }})
            }
            "PutParameter" => {
                parameter.value = request["Value"].as_str().unwrap().to_owned();
                parameter.kind = request["Type"].as_str().unwrap().to_owned();
                assert_eq!(request["Overwrite"], true);
                parameter.version += 1;
                request["KeyId"].as_str().unwrap_or(AWS_KEY).clone_into(&mut parameter.key_id);
                json!({"Version": parameter.version})
            }
            other => panic!("{other} is not known here"),
        })
    }
}
