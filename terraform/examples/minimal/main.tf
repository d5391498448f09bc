# The smallest deployment to AWS: the sender's SES identity and the pipeline.

provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = "wazuh-triage", ManagedBy = "terraform" }
  }
}

# SES sends a link to each address; it counts as verified once the link was opened.
resource "aws_ses_email_identity" "sender" {
  email = var.mail_from
}

resource "aws_ses_email_identity" "recipient" {
  for_each = var.ses_sandbox ? setsubtract(var.mail_to, [var.mail_from]) : []

  email = each.value
}

module "pipeline" {
  source = "../../modules/pipeline"

  artifacts = {
    for function in ["enrich", "analyze", "notify", "ingest", "hunt"] : function => { local_zip = "${var.artifacts_dir}/${function}.zip" }
  }

  mail = {
    from                    = var.mail_from
    to                      = var.mail_to
    identity_arn            = aws_ses_email_identity.sender.arn
    recipient_identity_arns = [for identity in aws_ses_email_identity.recipient : identity.arn]
  }

  # AbuseIPDB and OTX are where they always are.
  intelligence = {
    misp = {
      url       = var.misp_url
      ca_bundle = var.misp_ca_file == "" ? "" : file(var.misp_ca_file)
    }
  }
}
