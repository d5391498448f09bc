# Staging: release zips from S3, mails that are recorded and not sent.

provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = "wazuh-triage", Environment = "staging", ManagedBy = "terraform" }
  }
}

module "pipeline" {
  source = "../../modules/pipeline"

  name = "wazuh-triage-staging"

  artifacts = { for function, object in var.artifacts : function => {
    s3_bucket = object.bucket, s3_key = object.key, s3_object_version = object.version
  } }

  mail = {
    from         = var.mail_from
    to           = var.mail_to
    identity_arn = var.mail_identity_arn
  }

  # What would be sent is recorded with everything that decides about it.
  mail_routes = { mode = "record" }

  observability = { dashboard = false }
}
