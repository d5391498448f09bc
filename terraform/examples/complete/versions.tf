terraform {
  required_version = ">= 1.11" # write-only arguments, validation across variables, mocks in tests

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.90, < 7.0"
    }
  }
}
