# Once per account, by hand: where the state of the environments lives, and the two roles that GitHub Actions may assume.
#
#   terraform init && terraform apply -var 'repository=example/soc-infrastructure' -var state_bucket=example-soc-terraform
#
# Its own state is small and holds no secret: commit it, or move it into the bucket it made.

provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = "wazuh-triage", ManagedBy = "terraform" }
  }
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

resource "aws_s3_bucket" "state" {
  bucket = var.state_bucket
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm = "aws:kms"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket = aws_s3_bucket.state.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    id     = "forget-old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 365
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "RefuseWithoutTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.state.arn, "${aws_s3_bucket.state.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.state]
}

# AWS knows GitHub's certificates itself; no thumbprint has to be kept up to date.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.github_oidc_provider_arn == null ? 1 : 0

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

locals {
  oidc_provider_arn = coalesce(var.github_oidc_provider_arn, one(aws_iam_openid_connect_provider.github[*].arn))
  account           = data.aws_caller_identity.current.account_id
  partition         = data.aws_partition.current.partition

  # Who may assume which role: the subject that GitHub puts into its token. Anything that runs in the repository may plan;
  # only a job in the environment, which has reviewers, may apply.
  subjects = {
    plan  = "repo:${var.repository}:*"
    apply = "repo:${var.repository}:environment:${var.github_environment}"
  }
}

resource "aws_iam_role" "this" {
  for_each = local.subjects

  name                 = "${var.name}-terraform-${each.key}"
  description          = "Terraform ${each.key} from GitHub Actions of ${var.repository}"
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = local.oidc_provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = { "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com" }
        StringLike   = { "token.actions.githubusercontent.com:sub" = each.value }
      }
    }]
  })
}

# Reading what is there is what a plan does. The state is its only data; keys are no data of Terraform's.
resource "aws_iam_role_policy_attachment" "plan" {
  role       = aws_iam_role.this["plan"].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/job-function/ViewOnlyAccess"
}

resource "aws_iam_role_policy" "plan" {
  name = "read"
  role = aws_iam_role.this["plan"].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "ReadState"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:ListBucket"]
        Resource = [aws_s3_bucket.state.arn, "${aws_s3_bucket.state.arn}/*"]
      },
      {
        # ViewOnlyAccess lists; what a plan compares are the settings of each thing.
        Sid    = "ReadSettings"
        Effect = "Allow"
        Action = [
          "dynamodb:Describe*", "dynamodb:ListTagsOfResource", "lambda:Get*", "lambda:ListTags", "sqs:GetQueueAttributes",
          "sqs:ListQueueTags", "sns:Get*", "sns:ListTagsForResource", "scheduler:Get*", "scheduler:ListTagsForResource",
          "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource", "logs:ListTagsForResource", "s3:GetBucket*",
          "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "iam:GetRole", "iam:GetRolePolicy",
        ]
        Resource = local.ours
      },
      {
        Sid      = "ReadWhatHasNoName"
        Effect   = "Allow"
        Action   = ["ses:Get*", "ses:Describe*", "ses:List*", "ssm:DescribeParameters", "budgets:ViewBudget"]
        Resource = "*" # these actions know no resource
      },
    ], local.network_reading, [for statement in local.key_statements : merge(statement, { Sid = "LookAtKey", Action = ["kms:DescribeKey"] }) if statement.Sid == "EncryptByKey"])
  })
}

locals {
  # Everything that modules/pipeline makes begins with its name.
  ours = flatten([for name in var.deployments : [
    "arn:${local.partition}:dynamodb:*:${local.account}:table/${name}-*",
    "arn:${local.partition}:lambda:*:${local.account}:function:${name}-*",
    "arn:${local.partition}:lambda:*:${local.account}:event-source-mapping:*",
    "arn:${local.partition}:sqs:*:${local.account}:${name}-*",
    "arn:${local.partition}:sns:*:${local.account}:${name}-*",
    "arn:${local.partition}:scheduler:*:${local.account}:schedule/default/${name}-*",
    "arn:${local.partition}:logs:*:${local.account}:log-group:/aws/lambda/${name}-*",
    "arn:${local.partition}:cloudwatch:*:${local.account}:alarm:${name}-*",
    "arn:${local.partition}:cloudwatch::${local.account}:dashboard/${name}",
    "arn:${local.partition}:ssm:*:${local.account}:parameter/${name}/*",
    "arn:${local.partition}:iam::${local.account}:role/${name}-*",
    "arn:${local.partition}:s3:::${name}-*",
    "arn:${local.partition}:budgets::${local.account}:budget/${name}-*",
  ]])
}

locals {
  # EC2 knows no names, only kinds: of these, everything in the account. That is why it has to be asked for.
  network_statements = [for kinds in [["vpc", "subnet", "route-table", "security-group", "security-group-rule", "vpc-endpoint"]] : {
    Sid    = "MakeNetworks"
    Effect = "Allow"
    Action = [
      "ec2:CreateVpc", "ec2:DeleteVpc", "ec2:ModifyVpcAttribute", "ec2:CreateSubnet", "ec2:DeleteSubnet", "ec2:CreateRouteTable",
      "ec2:DeleteRouteTable", "ec2:AssociateRouteTable", "ec2:DisassociateRouteTable", "ec2:CreateSecurityGroup", "ec2:DeleteSecurityGroup",
      "ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress",
      "ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint", "ec2:DeleteVpcEndpoints", "ec2:CreateTags", "ec2:DeleteTags",
    ]
    Resource = [for kind in kinds : "arn:${local.partition}:ec2:*:${local.account}:${kind}/*"]
  } if var.networks]

  # Services take a grant of the key for what is made, and nobody else can.
  key_statements = [for statement in [
    {
      Sid      = "EncryptByKey"
      Effect   = "Allow"
      Action   = ["kms:DescribeKey", "kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
      Resource = var.kms_key_arns
    },
    {
      Sid       = "GrantKeyToServices"
      Effect    = "Allow"
      Action    = ["kms:CreateGrant"]
      Resource  = var.kms_key_arns
      Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } }
    },
  ] : statement if length(var.kms_key_arns) > 0]

  # What a plan looks up of both.
  network_reading = [for actions in [[
    "ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DescribeSubnets", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups",
    "ec2:DescribeSecurityGroupRules", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcEndpointServices", "ec2:DescribePrefixLists",
    "ec2:DescribeNetworkInterfaces", "ec2:DescribeNetworkAcls",
    ]] : {
    Sid      = "LookAtNetworks"
    Effect   = "Allow"
    Action   = actions
    Resource = "*" # these actions know no resource
  } if var.networks]
}

# Whatever the deployments consist of, and nothing beside them. What it may not do: make users or keys, touch another
# deployment, or read a parameter's value.
resource "aws_iam_role_policy" "apply" {
  name = "deploy"
  role = aws_iam_role.this["apply"].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "KeepState"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"]
        Resource = [aws_s3_bucket.state.arn, "${aws_s3_bucket.state.arn}/*"]
      },
      {
        Sid    = "Deploy"
        Effect = "Allow"
        Action = [
          "dynamodb:*Table*", "dynamodb:*TimeToLive", "dynamodb:*ContinuousBackups", "dynamodb:*Tag*", "lambda:*", "sqs:*Queue*",
          "sns:*", "scheduler:*", "logs:*", "cloudwatch:*", "ssm:PutParameter", "ssm:DeleteParameter", "ssm:*Tag*", "s3:*Bucket*",
          "s3:*Configuration", "budgets:*",
        ]
        Resource = local.ours
      },
      {
        # Whoever writes the policy of a function's role and its code can do what that policy says: that is why only jobs with
        # reviewers may apply.
        Sid    = "MakeRoles"
        Effect = "Allow"
        Action = [
          "iam:CreateRole", "iam:DeleteRole", "iam:GetRole", "iam:UpdateRole", "iam:UpdateAssumeRolePolicy", "iam:TagRole",
          "iam:UntagRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:ListRolePolicies",
          "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole",
        ]
        Resource = [for name in var.deployments : "arn:${local.partition}:iam::${local.account}:role/${name}-*"]
      },
      {
        Sid       = "PassRoles"
        Effect    = "Allow"
        Action    = ["iam:PassRole"]
        Resource  = [for name in var.deployments : "arn:${local.partition}:iam::${local.account}:role/${name}-*"]
        Condition = { StringEquals = { "iam:PassedToService" = ["lambda.amazonaws.com", "scheduler.amazonaws.com"] } }
      },
      {
        Sid    = "UseWhatHasNoName"
        Effect = "Allow"
        Action = [
          "ses:*Identit*", "ses:*ConfigurationSet*", "ses:VerifyEmailIdentity", "ssm:DescribeParameters", "lambda:*EventSourceMapping*",
          "cloudwatch:DescribeAlarms", "logs:DescribeLogGroups", "sqs:ListQueues",
        ]
        Resource = "*" # these actions know no resource, or only one that does not exist yet
      },
    ], local.network_reading, local.network_statements, local.key_statements)
  })
}

# A role of its own deployment must not be able to change the roles of GitHub.
resource "aws_iam_role_policy" "apply_not_itself" {
  name = "not-itself"
  role = aws_iam_role.this["apply"].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "NotItself"
      Effect   = "Deny"
      Action   = ["iam:*"]
      Resource = [for key in keys(local.subjects) : "arn:${local.partition}:iam::${local.account}:role/${var.name}-terraform-${key}"]
    }]
  })
}
