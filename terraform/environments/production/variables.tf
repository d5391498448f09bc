variable "region" {
  description = "AWS region."
  type        = string
  default     = "eu-central-1"
}

variable "artifacts" {
  description = "The release zips in a bucket of yours, by function: bucket, key, and the version of the object."
  type        = map(object({ bucket = string, key = string, version = string }))
}

variable "mail_from" {
  description = "Sender address."
  type        = string
}

variable "mail_to" {
  description = "Addresses of the analysts."
  type        = list(string)
}

variable "mail_identity_arn" {
  description = "SES identity (address or domain) of the sender."
  type        = string
}

variable "on_call" {
  description = "Who is told of alarms and of the budget."
  type        = list(string)
}

variable "monthly_usd" {
  description = "Expected cost a month; somebody is told at 80 % of it."
  type        = number
  default     = 50
}
