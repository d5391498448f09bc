variable "name" {
  description = "Name of the VPC, and prefix of the names of what is in it."
  type        = string
}

variable "zones" {
  description = "Availability zones, 2 to 6: one subnet in each, and one address of every interface endpoint, which is what they cost."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 6 && length(distinct(var.zones)) == length(var.zones)
    error_message = "zones must be 2 to 6 different availability zones, so that one may fail."
  }
}

variable "cidr" {
  description = "Addresses of the VPC, /16 to /25; each subnet gets an eighth of them."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.cidr)) && try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 25, false)
    error_message = "cidr must be an IPv4 network of /16 to /25, such as 10.117.0.0/24: AWS takes no subnet smaller than /28."
  }
}

variable "endpoint_policies" {
  description = "Services to be reached, by the name that their endpoints have (`dynamodb`, `s3`, `sqs`, `ssm`, `email`, ...) => what may be done through the endpoint: a policy (JSON)."
  type        = map(string)
}

variable "tags" {
  description = "Tags of everything that takes them."
  type        = map(string)
  default     = {}
}
