variable "region" {
  description = "AWS region, one that has SES and Bedrock."
  type        = string
  default     = "eu-central-1"
}

variable "zones" {
  description = "Availability zones of that region for the functions in the VPC, at least two."
  type        = list(string)
  default     = ["eu-central-1a", "eu-central-1b"]
}

variable "architecture" {
  description = "Processor that the zips were built for: `make package ARCH=arm64` or `make package ARCH=x86_64`."
  type        = string
  default     = "arm64"
}

variable "artifacts_dir" {
  description = "Folder with enrich.zip, analyze.zip, notify.zip, ingest.zip and hunt.zip: `target/package` after `make package`."
  type        = string
}

variable "mail_domain" {
  description = "Domain that mails come from, as triage@DOMAIN."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+[a-z]{2,}$", var.mail_domain))
    error_message = "mail_domain must be a domain in lower case, such as soc.example.com."
  }
}

variable "mail_to" {
  description = "Addresses of the analysts."
  type        = list(string)
}

variable "on_call" {
  description = "Addresses of those who are told of alarms, of the budget, and of alerts with priority high and above."
  type        = list(string)
}

variable "time_zone" {
  description = "Time zone of the readers, by its IANA name."
  type        = string
  default     = "Europe/Berlin"
}

variable "misp_url" {
  description = "Address of your MISP; empty for none."
  type        = string
  default     = ""
}

variable "bedrock_model" {
  description = "Model of Amazon Bedrock that the account may use in this region."
  type        = string
  default     = "openai.gpt-oss-120b-1:0"
}

variable "bedrock_prices" {
  description = "What it costs: dollars for a million tokens, and the day on which that was true."
  type        = object({ as_of = string, input = number, output = number })
}

variable "vpn_exits" {
  description = "Networks that your people come from."
  type        = list(string)
  default     = []
}

variable "runbooks_url" {
  description = "Where your copy of docs/runbooks is."
  type        = string
  default     = "https://github.com/wazuh-triage/wazuh-triage/blob/main/docs/runbooks"
}

variable "monthly_usd" {
  description = "Expected cost a month; somebody is told at 80 % of it."
  type        = number
  default     = 100
}
