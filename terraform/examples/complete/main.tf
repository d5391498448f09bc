# Everything on: a domain that sends, a key of one's own, functions in a VPC without NAT, a model of Amazon Bedrock, a MISP, routes
# with a chat and quiet hours, feeds, hunting, alarms, canary, budget. Take what you need of it into a root of your own.

provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = "wazuh-triage", ManagedBy = "terraform" }
  }
}

locals {
  name      = "wazuh-triage"
  mail_from = "triage@${var.mail_domain}"
}

# --- Who sends: the domain counts as verified, and its mails as signed, when the records of the output `dns_records` are there.

resource "aws_ses_domain_identity" "sender" {
  domain = var.mail_domain
}

resource "aws_ses_domain_dkim" "sender" {
  domain = aws_ses_domain_identity.sender.domain
}

# --- What encrypts: one key for everything at rest. Its policy is made of names alone, so the key is there first.

module "key_policy" {
  source = "../../modules/key-policy"

  name = local.name
}

resource "aws_kms_key" "this" {
  description             = "Everything that ${local.name} keeps"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = module.key_policy.json
}

resource "aws_kms_alias" "this" {
  name          = "alias/${local.name}"
  target_key_id = aws_kms_key.this.id
}

# --- The pipeline

module "pipeline" {
  source = "../../modules/pipeline"

  name         = local.name
  architecture = var.architecture
  artifacts = {
    for function in ["enrich", "analyze", "notify", "ingest", "hunt"] : function => { local_zip = "${var.artifacts_dir}/${function}.zip" }
  }

  kms_key_arn         = aws_kms_key.this.arn
  deletion_protection = true
  log_retention_days  = 365

  # analyze and hunt need nothing but AWS, so they are inside. enrich and ingest ask providers on the internet, and notify posts into
  # a chat: they stay outside. Without the chat notify would be inside, too.
  network = { zones = var.zones }

  mail = {
    from         = local.mail_from
    to           = var.mail_to
    identity_arn = aws_ses_domain_identity.sender.arn
    time_zone    = var.time_zone
  }
  mail_events = { require_tls = true } # rather a bounce than a mail in the clear

  mail_routes = {
    groups = [
      # Whoever is on call is told in a chat as well; its address goes into the parameter webhook-on-call.
      { name = "on-call", to = var.on_call, webhook = true, match = { min_priority = "high" } },
      {
        name        = "web"
        to          = var.mail_to
        match       = { agents = ["web-*"], rule_groups = ["web", "attack"] }
        quiet_hours = { from = "20:00", to = "07:00", time_zone = var.time_zone, except = "critical" }
        limits      = { per_hour = 12, burst = 6 }
      },
    ]
  }

  # Providers: a key in its parameter turns one on.
  intelligence = {
    abuseipdb = { daily_limit = 1000 }
    misp = {
      url                   = var.misp_url
      trusted_organisations = ["CIRCL"]
    }
  }
  feeds = {
    misp_feeds = { circl-osint = { url = "https://www.circl.lu/doc/misp/feed-osint" } }
  }
  enrich = { triage_groups = ["authentication_failures"] }
  indicators = {
    never_report = ["1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9"]
    allow        = [var.mail_domain]
  }
  verdict = { weights = { misp-trusted = 95 } }

  # A model that answers in this account and region: alerts leave neither.
  model = {
    url          = "https://bedrock-runtime.${var.region}.amazonaws.com/openai/v1"
    name         = var.bedrock_model
    auth         = "sigv4"
    bedrock_arns = ["arn:aws:bedrock:${var.region}::foundation-model/${var.bedrock_model}"]
    redaction    = "strict"
  }
  economy = { # prices of models that are not named here count as very dear ones
    min_priority = "medium"
    daily_usd    = "3"
    prices       = { as_of = var.bedrock_prices.as_of, usd_per_million_tokens = { (var.bedrock_model) = { input = var.bedrock_prices.input, output = var.bedrock_prices.output } } }
  }
  site_notes = {
    environment = "Administrators work through the bastion; scanners run on Sundays."
    assets      = [{ agent = "dc-*", criticality = "critical", note = "Domain controllers" }]
  }

  hunting = { trusted_networks = var.vpn_exits, ignored_accounts = ["svc-*"] }

  observability = {
    notify       = { emails = var.on_call }
    runbooks_url = var.runbooks_url
    budget       = { monthly_usd = var.monthly_usd, emails = var.on_call }
    canary       = { silence_hours = 2 }
  }
}
