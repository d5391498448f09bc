variable "name" {
  description = "Prefix of the table names: `<name>-claims` and so on."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{1,200}$", var.name))
    error_message = "name must be 1 to 200 letters, digits, hyphens, underscores or dots."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the tables, by Terraform or anyone else, until this is set to false and applied."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "KMS key of your own that encrypts every table; null: the key aws/dynamodb."
  type        = string
}

variable "tags" {
  description = "Tags of every table."
  type        = map(string)
  default     = {}
}
