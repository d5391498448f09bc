# The pipeline on an emulator: MiniStack, LocalStack or anything else that speaks the AWS APIs at one address.

provider "aws" {
  region     = var.region
  access_key = "test"
  secret_key = "test"

  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = false # ARNs need the emulator's account id
  s3_use_path_style           = true
  max_retries                 = 3 # an emulator that is not running is an error now, not in minutes

  endpoints {
    cloudwatch = var.endpoint
    dynamodb   = var.endpoint
    iam        = var.endpoint
    lambda     = var.endpoint
    logs       = var.endpoint
    s3         = var.endpoint
    scheduler  = var.endpoint
    ses        = var.endpoint
    sns        = var.endpoint
    sqs        = var.endpoint
    ssm        = var.endpoint
    sts        = var.endpoint
  }
}

resource "aws_ses_email_identity" "sender" {
  email = var.mail_from
}

module "pipeline" {
  source = "../../modules/pipeline"

  name         = var.name
  architecture = var.architecture

  artifacts = {
    for function in ["enrich", "analyze", "notify", "ingest", "hunt"] : function => { local_zip = "${var.artifacts_dir}/${function}.zip" }
  }

  mail = {
    from         = var.mail_from
    to           = var.mail_to
    identity_arn = aws_ses_email_identity.sender.arn
  }

  # MiniStack has configuration sets of SES, but no event destinations: nothing would ever come back.
  # The test of a whole deployment plays that part of SES.
  mail_events = { enabled = var.watched }

  # Nobody looks at the alarms of a demo.
  observability = { enabled = var.watched, notify = { emails = var.watched ? ["operator@soc.example"] : [] } }

  # Alerts of the store's hosts go to people who get so few mails that a scan is a storm, and its digest comes in half a minute.
  mail_routes = {
    groups = [
      { name = "default", limits = var.mail_limits },
      { name = "store", to = ["store@soc.example"], match = { agents = ["store-*"] }, limits = { per_hour = 360, burst = 3 } },
    ]
  }

  model = {
    url = var.model_url
  }

  # One stub plays all providers: their paths differ.
  intelligence = {
    abuseipdb = { url = var.providers_url }
    misp      = { url = var.providers_url }
    otx       = { url = var.providers_url }
  }

  # The stub plays OTX and MISP; nobody else on the internet is asked.
  feeds = { for feed in ["abuseipdb", "spamhaus_drop_v4", "spamhaus_drop_v6", "feodo", "urlhaus", "threatfox", "tor_exits", "warninglists"] : feed => { enabled = false } }

  incidents = {
    update_after = var.update_after
  }

  dashboard_url           = var.dashboard_url
  documentation_addresses = var.documentation_addresses
  log_level               = var.log_level
}
