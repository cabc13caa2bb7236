"""The kinds of resources that the rules know, by the names that their providers give them."""

from __future__ import annotations

import re

# Amazon Web Services. The types that end in V2 are the former names of those without.
BUCKET = "aws:s3/bucket:Bucket"
BUCKET_ACL = "aws:s3/bucketAcl:BucketAcl"
BUCKET_CORS = "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration"
BUCKET_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
PUBLIC_ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ACCESS_POINT = "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint"
ACCESS_POINT_POLICY = "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ROLE_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
IAM_POLICY = "aws:iam/policy:Policy"
USER_POLICY = "aws:iam/userPolicy:UserPolicy"
GROUP_POLICY = "aws:iam/groupPolicy:GroupPolicy"

# Google Cloud
GCS_BUCKET = "gcp:storage/bucket:Bucket"
GCS_MEMBER = "gcp:storage/bucketIAMMember:BucketIAMMember"
GCS_BINDING = "gcp:storage/bucketIAMBinding:BucketIAMBinding"
GCS_POLICY = "gcp:storage/bucketIAMPolicy:BucketIAMPolicy"
GCS_ACCESS_CONTROL = "gcp:storage/bucketAccessControl:BucketAccessControl"
GCP_PROJECT_MEMBER = "gcp:projects/iAMMember:IAMMember"

# Azure
RESOURCE_GROUP = "azure-native:resources:ResourceGroup"
STORAGE_ACCOUNT = "azure-native:storage:StorageAccount"
BLOB_SERVICE = "azure-native:storage:BlobServiceProperties"
CONTAINER = "azure-native:storage:BlobContainer"
ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment"

# Open Telekom Cloud and other S3-compatible stores: a dynamic resource of this project
OBS_BUCKET = "otc:ObsBucket"

AWS, GOOGLE, AZURE, OTC = "AWS", "Google Cloud", "Azure", "OTC and other S3-compatible"


def kind_of(resource_type: str) -> str:
    """The kind of a resource: its type, without Azure's API version, without `V2`, with a name for dynamic ones."""
    if resource_type.startswith("azure-native:"):
        return re.sub(r"/v\d{8}\w*:", ":", resource_type)
    if resource_type.startswith("pulumi-python:dynamic"):
        return f"otc:{resource_type.rpartition(':')[2]}"
    if resource_type.startswith("aws:s3/"):
        return re.sub(r"V2\b", "", resource_type)
    return resource_type
