mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::feeds" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/feeds" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/triage-ingest" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:triage-ingest" }
  }
}

variables {
  kms_key_arn = null
  name        = "triage"
  artifact    = { s3_bucket = "releases", s3_key = "ingest.zip", s3_object_version = "7" }

  sources = {
    otx              = { enabled = true, every_minutes = 60 }
    spamhaus_drop_v4 = { enabled = true, every_minutes = 720 }
    feodo            = { enabled = false, every_minutes = 60 }
  }
  misp_feeds = { circl-osint = { url = "https://www.circl.lu/doc/misp/feed-osint", every_minutes = 1440 } }
  mirrors    = { spamhaus = "https://mirror.example.com/" }

  environment         = { INTEL_TABLE = "intel" }
  claims_table_arn    = "arn:aws:dynamodb:eu-central-1:123456789012:table/claims"
  intel_table_arn     = "arn:aws:dynamodb:eu-central-1:123456789012:table/intel"
  parameter_arns      = ["arn:aws:ssm:eu-central-1:123456789012:parameter/otx"]
  architecture        = "arm64"
  timeout_seconds     = 900
  memory_mb           = 1024
  log_level           = "info"
  log_retention_days  = 30
  deletion_protection = true
}

run "the_bucket_is_private_encrypted_and_reached_by_tls_only" {
  assert {
    condition     = aws_s3_bucket.this.bucket == "triage-feeds-123456789012" && aws_s3_bucket.this.force_destroy == false
    error_message = "The bucket must have a name of this account, and be protected if tables are."
  }

  assert {
    condition = (
      aws_s3_bucket_public_access_block.this.block_public_acls && aws_s3_bucket_public_access_block.this.block_public_policy &&
      aws_s3_bucket_public_access_block.this.ignore_public_acls && aws_s3_bucket_public_access_block.this.restrict_public_buckets
    )
    error_message = "Nothing in the bucket may be public."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "The bucket must be encrypted."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.this.policy).Statement == [{
      Sid       = "RefuseWithoutTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::feeds", "arn:aws:s3:::feeds/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "Requests without TLS must be refused."
  }
}

run "each_feed_that_is_on_has_a_schedule" {
  assert {
    condition     = { for name, schedule in module.schedules.schedules : name => schedule.expression } == { triage-feed-otx = "rate(60 minutes)", triage-feed-spamhaus-drop-v4 = "rate(720 minutes)", triage-feed-circl-osint = "rate(1440 minutes)" }
    error_message = "Every feed that is switched on must be fetched at its pace, and no other."
  }

  assert {
    condition     = module.schedules.schedules["triage-feed-spamhaus-drop-v4"].input == jsonencode({ ingest = "spamhaus-drop-v4" }) && module.schedules.schedules["triage-feed-otx"].target_arn == "arn:aws:lambda:eu-central-1:123456789012:function:triage-ingest"
    error_message = "A schedule must call ingest with the name of its feed."
  }

  assert {
    condition     = jsondecode(module.schedules.policy).Statement[0].Resource == ["arn:aws:lambda:eu-central-1:123456789012:function:triage-ingest"]
    error_message = "The schedules may call ingest and nothing else."
  }
}

run "the_program_is_told_what_it_expects" {
  assert {
    condition = output.environment == {
      INTEL_TABLE   = "intel"
      FEEDS_BUCKET  = "triage-feeds-123456789012"
      FEEDS         = "otx=3600,spamhaus-drop-v4=43200"
      MISP_FEEDS    = "circl-osint=86400=https://www.circl.lu/doc/misp/feed-osint"
      SPAMHAUS_URL  = "https://mirror.example.com"
      LEASE_SECONDS = "900"
      LOG_LEVEL     = "info"
    }
    error_message = "The environment of ingest is not the one its program reads."
  }
}

run "ingest_may_do_what_it_does_and_nothing_else" {
  assert {
    condition = { for statement in jsondecode(output.policy).Statement : statement.Sid => "${join(" ", statement.Action)} on ${join(" ", statement.Resource)}" if statement.Sid != "WriteOwnLog" } == {
      Claim            = "dynamodb:UpdateItem on arn:aws:dynamodb:eu-central-1:123456789012:table/claims"
      WriteRows        = "dynamodb:BatchWriteItem dynamodb:Scan on arn:aws:dynamodb:eu-central-1:123456789012:table/intel"
      KeepCopies       = "s3:GetObject s3:PutObject on arn:aws:s3:::feeds/feeds/* arn:aws:s3:::feeds/snapshot/*"
      WriteLists       = "s3:PutObject on arn:aws:s3:::feeds/lists/*"
      SeeWhatIsMissing = "s3:ListBucket on arn:aws:s3:::feeds"
      ReadParameters   = "ssm:GetParameter on arn:aws:ssm:eu-central-1:123456789012:parameter/otx"
    }
    error_message = "ingest may touch something else than its tables, its bucket and its keys."
  }
}

run "a_pace_below_five_minutes_is_refused" {
  command = plan

  variables {
    sources = { otx = { enabled = true, every_minutes = 1 } }
  }

  expect_failures = [var.sources]
}

run "a_misp_feed_that_names_its_manifest_is_refused" {
  command = plan

  variables {
    misp_feeds = { circl = { url = "https://www.circl.lu/manifest.json", every_minutes = 60 } }
  }

  expect_failures = [var.misp_feeds]
}

run "a_mirror_of_nobody_is_refused" {
  command = plan

  variables {
    mirrors = { nobody = "https://mirror.example.com" }
  }

  expect_failures = [var.mirrors]
}

run "a_key_of_ones_own_encrypts_the_bucket_with_one_data_key" {
  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"
  }

  assert {
    condition = [for rule in aws_s3_bucket_server_side_encryption_configuration.this.rule : [
      rule.bucket_key_enabled, rule.apply_server_side_encryption_by_default[0].sse_algorithm, rule.apply_server_side_encryption_by_default[0].kms_master_key_id,
    ]] == [[true, "aws:kms", "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"]]
    error_message = "The bucket must have the key, and ask KMS for the bucket rather than for each object."
  }

  assert {
    condition     = { for statement in jsondecode(output.policy).Statement : statement.Sid => length(statement.Condition.StringEquals["kms:ViaService"]) if endswith(statement.Sid, "ByKey") } == { OpenByKey = 4, SealByKey = 1 }
    error_message = "ingest opens its variables, rows, objects and parameters with the key, and seals objects."
  }
}
