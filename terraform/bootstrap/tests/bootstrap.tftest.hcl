mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::example-state" }
  }
}

variables {
  state_bucket = "example-state"
  repository   = "example/soc"
}

run "only_one_repository_and_its_environment_may_apply" {
  assert {
    condition     = jsondecode(aws_iam_role.this["apply"].assume_role_policy).Statement[0].Condition.StringLike == { "token.actions.githubusercontent.com:sub" = "repo:example/soc:environment:production" }
    error_message = "A pull request must not be able to apply."
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.this : jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals == { "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com" }])
    error_message = "A token for somebody else must not do."
  }
}

run "the_state_is_versioned_encrypted_and_private" {
  assert {
    condition = (
      one(aws_s3_bucket_versioning.state.versioning_configuration).status == "Enabled" &&
      aws_s3_bucket_public_access_block.state.block_public_policy && aws_s3_bucket_public_access_block.state.restrict_public_buckets
    )
    error_message = "A lost or public state is a lost or public deployment."
  }
}

run "no_key_can_be_read_and_no_other_role_made" {
  assert {
    condition     = !strcontains(aws_iam_role_policy.apply.policy, "ssm:GetParameter") && !strcontains(aws_iam_role_policy.plan.policy, "ssm:GetParameter")
    error_message = "Terraform has no business with the values of keys."
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_role_policy.apply.policy).Statement : statement.Resource == ["arn:aws:iam::123456789012:role/wazuh-triage-*"] if contains(["MakeRoles", "PassRoles"], statement.Sid)])
    error_message = "Only roles of the deployment may be made and passed on."
  }
}

# Whoever widens a role writes it down here, with main.tf's reason.
run "only_what_is_listed_here_is_wide" {
  assert {
    condition = toset(flatten([for policy in [aws_iam_role_policy.plan.policy, aws_iam_role_policy.apply.policy, aws_iam_role_policy.apply_not_itself.policy] :
      [for statement in jsondecode(policy).Statement : statement.Sid if contains(flatten([statement.Resource]), "*")]
    ])) == toset(["ReadWhatHasNoName", "UseWhatHasNoName"])
    error_message = "Only actions that know no resource may be for all resources."
  }

  # Of everything else the deployments' names are the limit, and nobody may do everything even there.
  assert {
    condition = alltrue(flatten([for policy in [aws_iam_role_policy.plan.policy, aws_iam_role_policy.apply.policy] :
      [for statement in jsondecode(policy).Statement : [for resource in flatten([statement.Resource]) :
        can(regex("example-state|wazuh-triage|event-source-mapping:", resource))
      ] if !contains(["ReadWhatHasNoName", "UseWhatHasNoName"], statement.Sid)]
    ]))
    error_message = "A resource is neither the state nor of a deployment."
  }

  assert {
    condition = alltrue(flatten([for policy in [aws_iam_role_policy.plan.policy, aws_iam_role_policy.apply.policy] :
      [for statement in jsondecode(policy).Statement : [for action in statement.Action :
        action != "*" && (!endswith(action, ":*") || contains(["lambda:*", "sns:*", "scheduler:*", "logs:*", "cloudwatch:*", "budgets:*"], action))
      ]]
    ]))
    error_message = "All actions of a service may only be had of services that hold no data but the deployment's."
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_role_policy.plan.policy).Statement : alltrue([for action in statement.Action : !can(regex(":(Put|Create|Delete|Update|Tag|Set|Send|Invoke|\\*)", action))])])
    error_message = "A plan reads."
  }
}

run "a_wildcard_of_repositories_is_refused" {
  command = plan

  variables {
    repository = "example/*"
  }

  expect_failures = [var.repository]
}

run "networks_and_keys_have_to_be_asked_for" {
  assert {
    condition     = !strcontains(aws_iam_role_policy.apply.policy, "ec2:") && !strcontains("${aws_iam_role_policy.apply.policy}${aws_iam_role_policy.plan.policy}", "kms:")
    error_message = "Who deploys without VPC and key needs no right on either."
  }
}

run "a_key_is_granted_to_services_alone" {
  variables {
    networks     = true
    kms_key_arns = ["arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"]
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.apply.policy).Statement : statement.Sid => try(statement.Condition, null) if contains(statement.Action, "kms:CreateGrant") } == {
      GrantKeyToServices = { Bool = { "kms:GrantIsForAWSResource" = "true" } }
    }
    error_message = "Only services may be given a grant."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.plan.policy).Statement : statement.Action if strcontains(join(" ", statement.Action), "kms:")] == [["kms:DescribeKey"]]
    error_message = "A plan must only look at the key."
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_role_policy.apply.policy).Statement : alltrue([for resource in statement.Resource : startswith(resource, "arn:aws:ec2:*:123456789012:")]) if statement.Sid == "MakeNetworks"])
    error_message = "Networks may be made in this account only."
  }
}

run "an_alias_is_no_key" {
  command = plan

  variables {
    kms_key_arns = ["arn:aws:kms:eu-central-1:123456789012:alias/soc"]
  }

  expect_failures = [var.kms_key_arns]
}
