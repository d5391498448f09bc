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
