mock_provider "aws" {}

variables {
  kms_key_arn = null
  name        = "test"
}

run "the_tables_have_the_keys_the_programs_use" {
  command = plan

  assert {
    condition = { for table, resource in aws_dynamodb_table.this : table => join(" ", compact([resource.name, resource.hash_key, resource.range_key])) } == {
      claims     = "test-claims id"
      intel      = "test-intel key source"
      incidents  = "test-incidents id"
      analyses   = "test-analyses id"
      sightings  = "test-sightings subject seen"
      deliveries = "test-deliveries id part"
    }
    error_message = "A table or key is not what the programs expect."
  }

  assert {
    condition = alltrue([for resource in aws_dynamodb_table.this :
      toset([for attribute in resource.attribute : attribute.name]) == toset(compact(flatten([[resource.hash_key, resource.range_key], [for index in resource.global_secondary_index : [index.hash_key, index.range_key]]]))) &&
      alltrue([for attribute in resource.attribute : attribute.type == "S"])
    ])
    error_message = "Every key must be declared, as a string, and nothing else."
  }
}

run "incidents_that_are_due_are_found_without_a_scan" {
  command = plan

  assert {
    condition = [for index in aws_dynamodb_table.this["incidents"].global_secondary_index : "${index.name} ${index.hash_key} ${index.range_key} ${index.projection_type}"] == [
      "due due_shard next_due KEYS_ONLY"
    ]
    error_message = "The sweep reads the index due, by due_shard and next_due."
  }

  assert {
    condition     = alltrue([for table in ["claims", "intel", "sightings", "deliveries"] : length(aws_dynamodb_table.this[table].global_secondary_index) == 0])
    error_message = "No other table has an index: each is paid for at every write."
  }
}

run "every_table_is_on_demand_expires_and_is_protected" {
  command = plan

  assert {
    condition     = alltrue([for resource in aws_dynamodb_table.this : resource.billing_mode == "PAY_PER_REQUEST"])
    error_message = "Every table must be on demand."
  }

  assert {
    condition     = alltrue([for resource in aws_dynamodb_table.this : resource.ttl[0].enabled && resource.ttl[0].attribute_name == "expires_at"])
    error_message = "Every table must expire items by expires_at."
  }

  assert {
    condition     = alltrue([for resource in aws_dynamodb_table.this : resource.point_in_time_recovery[0].enabled])
    error_message = "Every table must have point-in-time recovery."
  }

  assert {
    condition     = alltrue([for resource in aws_dynamodb_table.this : resource.server_side_encryption[0].enabled])
    error_message = "Every table must be encrypted."
  }

  assert {
    condition     = alltrue([for resource in aws_dynamodb_table.this : !resource.deletion_protection_enabled])
    error_message = "Deletion protection is off unless asked for."
  }
}

run "deletion_protection_covers_every_table" {
  command = plan

  variables {
    deletion_protection = true
  }

  assert {
    condition     = alltrue([for resource in aws_dynamodb_table.this : resource.deletion_protection_enabled])
    error_message = "Deletion protection must cover every table."
  }
}

run "a_key_of_ones_own_encrypts_every_table" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"
  }

  assert {
    condition     = alltrue([for table in aws_dynamodb_table.this : table.server_side_encryption[0].enabled && table.server_side_encryption[0].kms_key_arn == var.kms_key_arn])
    error_message = "Every table must have the key."
  }
}
