# Feeds of indicators: schedules -> ingest -> rows of the intel table and a bucket. The bucket holds the last good copy of
# each feed (feeds/), the snapshot and the warninglists that enrich loads (snapshot/) and the lists for the Wazuh manager (lists/).

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
    bucket_key_enabled = var.kms_key_arn != null # a data key for the bucket, not one for each object

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
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
      resources = [for folder in ["feeds", "snapshot"] : "${aws_s3_bucket.this.arn}/${folder}/*"]
    },
    {
      # They are written whole, and only the manager reads them.
      sid       = "WriteLists"
      actions   = ["s3:PutObject"]
      resources = ["${aws_s3_bucket.this.arn}/lists/*"]
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
  tracing            = var.tracing
  log_retention_days = var.log_retention_days
  kms_key_arn        = var.kms_key_arn
  network            = var.network
  tags               = var.tags
}

# A run that fails is made good by the next one.
module "schedules" {
  source = "../schedules"

  schedules = { for feed, minutes in local.schedules : "${var.name}-feed-${feed}" => {
    description   = "Fetches the feed ${feed}"
    every_minutes = minutes
    # Publishers ask not to come all at the same minute; and one feed leaves the table to the next.
    spread_minutes = min(5, minutes)
    target_arn     = module.ingest.arn
    input          = jsonencode({ ingest = feed })
  } }
  functions         = { ingest = module.ingest.name }
  role_name         = "${var.name}-feeds"
  purpose           = "call ingest"
  retries           = 2
  event_age_seconds = 300
  kms_key_arn       = var.kms_key_arn
  tags              = var.tags
}
