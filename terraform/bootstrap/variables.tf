variable "region" {
  description = "Region of the state bucket."
  type        = string
  default     = "eu-central-1"
}

variable "name" {
  description = "Prefix of the names of the two roles."
  type        = string
  default     = "wazuh-triage"
}

variable "deployments" {
  description = "Values of `name` of modules/pipeline that the roles may plan and apply."
  type        = list(string)
  default     = ["wazuh-triage"]

  validation {
    condition     = length(var.deployments) > 0 && alltrue([for name in var.deployments : can(regex("^[a-z][a-z0-9-]{0,38}[a-z0-9]$", name))])
    error_message = "deployments must hold names as modules/pipeline takes them."
  }
}

variable "state_bucket" {
  description = "Name of the bucket for the state of the environments; bucket names are global."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.state_bucket))
    error_message = "state_bucket must be a bucket name: 3 to 63 lower-case letters, digits, dots or hyphens."
  }
}

variable "repository" {
  description = "The GitHub repository that may assume the roles, as `owner/name`: exactly one."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "repository must be one repository, such as example/soc-infrastructure, without wildcards."
  }
}

variable "github_environment" {
  description = "The GitHub environment whose jobs may apply; give it required reviewers."
  type        = string
  default     = "production"
}

variable "github_oidc_provider_arn" {
  description = "GitHub's OIDC provider, if the account has it already: there can be only one."
  type        = string
  default     = null
}

variable "permissions_boundary" {
  description = "ARN of a policy that bounds both roles; null: none."
  type        = string
  default     = null
}

variable "networks" {
  description = "Whether the roles may plan and apply `network` of modules/pipeline. EC2 knows no names, so apply may then make and delete networks of the whole account."
  type        = bool
  default     = false
}

variable "kms_key_arns" {
  description = "KMS keys that deployments are encrypted with (`kms_key_arn` of modules/pipeline). The keys themselves are not made by these roles."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.kms_key_arns : can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/[A-Za-z0-9-]+$", arn))])
    error_message = "kms_key_arns must be ARNs of keys, arn:aws:kms:REGION:ACCOUNT:key/ID, not of aliases."
  }
}
