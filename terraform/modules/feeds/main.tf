# Feeds of indicators: schedules -> ingest -> rows of the intel table and a bucket. The bucket holds the last good copy of
# each feed (feeds/), the snapshot that enrich loads (snapshot/) and the lists for the Wazuh manager (lists/).

data "aws_caller_identity" "current" {}

locals {
  # Every source by the name that the program knows; the keys of the variable are names that Terraform can have.
  sources = { for key, settings in var.sources : replace(key, "_", "-") => settings.every_minutes if settings.enabled }

  schedules = merge(local.sources, { for name, feed in var.misp_feeds : name => feed.every_minutes })
}

# Not versioned: a dozen objects are put again and again, and all of them can be made anew from the feeds.
resource "aws_s3_bucket" "this" {
  bucket        = "${var.name}-feeds-${data.aws_caller_identity.current.account_id}"
  force_destroy = !var.deletion_protection
  tags          = var.tags
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "RefuseWithoutTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.this] # S3 refuses both at once
}

module "ingest" {
  source = "../function"

  name        = "${var.name}-ingest"
  description = "Fetches feeds of indicators, and publishes a snapshot and lists of them"
  artifact    = var.artifact

  environment = merge(var.environment, {
    FEEDS_BUCKET = aws_s3_bucket.this.bucket
    FEEDS        = join(",", [for name, minutes in local.sources : "${name}=${minutes * 60}"])
    MISP_FEEDS   = join(",", [for name, feed in var.misp_feeds : "${name}=${feed.every_minutes * 60}=${feed.url}"])
  }, { for name, url in var.mirrors : "${upper(name)}_URL" => trimsuffix(url, "/") })

  statements = [
    {
      sid       = "Claim"
      actions   = ["dynamodb:UpdateItem"]
      resources = [var.claims_table_arn]
    },
    {
      # Rows of feeds are put and deleted, never read: what stands there is known from the copies. The scan finds what
      # people have written, once for each snapshot.
      sid       = "WriteRows"
      actions   = ["dynamodb:BatchWriteItem", "dynamodb:Scan"]
      resources = [var.intel_table_arn]
    },
    {
      sid       = "KeepCopies"
      actions   = ["s3:GetObject", "s3:PutObject"]
      resources = [for folder in ["feeds", "lists", "snapshot"] : "${aws_s3_bucket.this.arn}/${folder}/*"]
    },
    {
      # Without it S3 does not say whether an object is missing or forbidden.
      sid       = "SeeWhatIsMissing"
      actions   = ["s3:ListBucket"]
      resources = [aws_s3_bucket.this.arn]
    },
    {
      sid       = "ReadParameters"
      actions   = ["ssm:GetParameter"]
      resources = var.parameter_arns
    },
  ]

  architecture       = var.architecture
  timeout_seconds    = var.timeout_seconds
  memory_mb          = var.memory_mb
  log_level          = var.log_level
  log_retention_days = var.log_retention_days
  tags               = var.tags
}

resource "aws_scheduler_schedule" "this" {
  for_each = local.schedules

  name                = "${var.name}-feed-${each.key}"
  description         = "Fetches the feed ${each.key}"
  schedule_expression = "rate(${each.value} minutes)"

  # Publishers ask not to come all at the same minute; and one feed leaves the table to the next.
  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = min(5, each.value)
  }

  target {
    arn      = module.ingest.arn
    role_arn = aws_iam_role.schedule.arn
    input    = jsonencode({ ingest = each.key })

    retry_policy {
      maximum_retry_attempts       = 2
      maximum_event_age_in_seconds = 300
    }
  }
}

# A run that fails is made good by the next one. Two at once would only wait for each other.
resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = module.ingest.name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 300
}

resource "aws_iam_role" "schedule" {
  name        = "${var.name}-feeds"
  description = "Lets the schedules ${var.name}-feed-* call ingest"
  tags        = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "schedule" {
  name = "call"
  role = aws_iam_role.schedule.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "FetchFeeds"
      Effect   = "Allow"
      Action   = ["lambda:InvokeFunction"]
      Resource = [module.ingest.arn]
    }]
  })
}
