variable "name" {
  description = "`name` of the deployment (module `pipeline`) whose log groups, topics and queues the key encrypts."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,38}[a-z0-9]$", var.name))
    error_message = "name must be that of a deployment: 2 to 40 lower-case letters, digits or hyphens."
  }
}
