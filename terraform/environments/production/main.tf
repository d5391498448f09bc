# Production: release zips from S3, alarms to people, mail that goes out.

provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = "wazuh-triage", Environment = "production", ManagedBy = "terraform" }
  }
}

module "pipeline" {
  source = "../../modules/pipeline"

  name = "wazuh-triage"

  artifacts = { for function, object in var.artifacts : function => {
    s3_bucket = object.bucket, s3_key = object.key, s3_object_version = object.version
  } }

  mail = {
    from         = var.mail_from
    to           = var.mail_to
    identity_arn = var.mail_identity_arn
  }

  deletion_protection = true
  log_retention_days  = 365

  observability = {
    notify = { emails = var.on_call }
    budget = { monthly_usd = var.monthly_usd, emails = var.on_call }
  }
}
