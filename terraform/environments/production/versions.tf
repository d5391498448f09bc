terraform {
  required_version = ">= 1.11" # write-only arguments, validation across variables, mocks in tests

  # terraform init -backend-config=bucket=... -backend-config=region=...; both are outputs of terraform/bootstrap. The lock
  # is an object beside the state.
  backend "s3" {
    key          = "wazuh-triage/production.tfstate"
    use_lockfile = true
    encrypt      = true
  }

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.90, < 7.0"
    }
  }
}
