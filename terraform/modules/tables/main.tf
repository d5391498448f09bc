locals {
  # Table => its key attributes, all strings. Nothing else has to be declared.
  tables = {
    claims     = { hash_key = "id" }                          # who works on what, and what is done
    intel      = { hash_key = "key", range_key = "source" }   # indicators: `type#value`, by source
    incidents  = { hash_key = "id" }                          # alerts that belong together, and what stands beside them
    analyses   = { hash_key = "id" }                          # models: answers for reuse, budgets, breakers, audits
    sightings  = { hash_key = "subject", range_key = "seen" } # who and what was seen when, for hunting
    deliveries = { hash_key = "id", range_key = "part" }      # mails: what each group got, and what is held back
  }

  # Table => index => its key attributes, all strings. An item without them is not in the index and costs it nothing.
  indexes = {
    incidents = { due = { hash_key = "due_shard", range_key = "next_due" } } # of whom something is to be told, by when
  }
}

resource "aws_dynamodb_table" "this" {
  for_each = local.tables

  name         = "${var.name}-${each.key}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = each.value.hash_key
  range_key    = try(each.value.range_key, null)

  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  dynamic "attribute" {
    for_each = concat(values(each.value), flatten([for index in values(try(local.indexes[each.key], {})) : values(index)]))

    content {
      name = attribute.value
      type = "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = try(local.indexes[each.key], {})

    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value.hash_key
      range_key       = global_secondary_index.value.range_key
      projection_type = "KEYS_ONLY" # the rest is read where it is current
    }
  }

  ttl {
    enabled        = true
    attribute_name = "expires_at"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }
}
