variable "region" {
  description = "AWS region, one that has SES."
  type        = string
  default     = "eu-central-1"
}

variable "artifacts_dir" {
  description = "Folder with enrich.zip, analyze.zip, notify.zip, ingest.zip and hunt.zip, built for arm64."
  type        = string
}

variable "mail_from" {
  description = "Sender address; SES mails it a link to confirm."
  type        = string
}

variable "mail_to" {
  description = "Addresses of the analysts."
  type        = list(string)
}

variable "ses_sandbox" {
  description = "True while the account is in the SES sandbox (every new account is): each recipient must confirm its address too."
  type        = bool
  default     = true
}

variable "misp_url" {
  description = "Address of your MISP; empty for none."
  type        = string
  default     = ""
}

variable "misp_ca_file" {
  description = "Path of a PEM file with the private CA of your MISP; empty if its certificate comes from a public one."
  type        = string
  default     = ""
}
