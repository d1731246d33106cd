# SPDX-License-Identifier: Apache-2.0
# What the mirror of Dockerfile.azure holds: of each provider the versions that projects may ask for.
# `terraform providers mirror` takes one version of each; run it once per version.
terraform {
  required_providers {
    azuread = {
      source  = "hashicorp/azuread"
      version = "~> 3.0"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}
