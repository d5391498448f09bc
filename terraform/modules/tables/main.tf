locals {
  # Table => its key attributes, all strings. Nothing else has to be declared.
  tables = {
    claims    = { hash_key = "id" }                          # who works on what, and what is done
    intel     = { hash_key = "key", range_key = "source" }   # indicators: `type#value`, by source
    incidents = { hash_key = "id" }                          # alerts that belong together
    analyses  = { hash_key = "id" }                          # models: answers for reuse, budgets, breakers, audits
    sightings = { hash_key = "subject", range_key = "seen" } # who and what was seen when, for hunting
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
    for_each = values(each.value)

    content {
      name = attribute.value
      type = "S"
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
    enabled = true
  }
}
