terraform {
  required_version = ">= 1.5, < 2.0"
  required_providers {
    null = {
      source  = "hashicorp/null"
      version = "~> 3.2"
    }
  }
  backend "s3" {
    bucket = "state"
    key    = "net/terraform.tfstate"
  }
}

module "net" {
  source   = "../modules/net"
  for_each = { for k, v in var.nets : k => v if v.enabled }
  name     = "net-${each.key}"
  tags     = [for t in ["a", "b"] : upper(t)]
}

locals {
  script = <<-EOT
    %{if var.x~}
    echo "${local.y[0].z}" # ${"nested ${1 + 2}"}
    %{endif~}
  EOT
  escape = "\"\\\u00e4$${not}%%{not}"
  cond   = var.a != null ? provider::x::f(var.a...) : -1.5e3
  splat  = aws_x.y[*].id
}
