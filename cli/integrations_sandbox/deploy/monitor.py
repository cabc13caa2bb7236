"""The face that the Pulumi SDK talks to: its resource monitor and its engine, as one plain object.

The SDK is given this object where it usually has gRPC stubs, as its own mocks are
(`pulumi.runtime.mocks`). Method names and messages are the protocol's
(pulumi/proto/pulumi/resource.proto and engine.proto). A feature that is not advertised
the SDK refuses itself; the others are refused here, by name.
"""

from __future__ import annotations

import re
from typing import NoReturn

from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import alias_pb2, engine_pb2, resource_pb2

from integrations_sandbox.deploy import wire
from integrations_sandbox.deploy.engine import STACK, Run
from integrations_sandbox.deploy.records import HaltedError, StepError
from integrations_sandbox.deploy.state import Resource

FEATURES = [
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
]
# Fields of a registration that change what it means, and how a program's author knows them.
REFUSED = {
    "importId": "import_",
    "ignoreChanges": "ignore_changes",
    "replaceOnChanges": "replace_on_changes",
    "replacement_trigger": "replacement_trigger",
    "replace_with": "replace_with",
    "deletedWith": "deleted_with",
    "aliasURNs": "aliases",
    "remote": "remote components",
    "transforms": "transforms",
    "hooks": "hooks",
    "state_migrations": "state_migrations",
    "envVarMappings": "env_var_mappings",
    "packageRef": "parameterized packages",
}


class Monitor:
    """Answers the SDK for one run. messages: what the program logged; crash: an error that is ours."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.outputs: wire.Props | None = None
        self.messages: list[tuple[str, str]] = []
        self.crash: BaseException | None = None
        self._root = ""

    # ResourceMonitor -----------------------------------------------------------

    def GetDeploymentInfo(self, request: Empty) -> resource_pb2.DeploymentInfo:  # noqa: ARG002 - the protocol's signature
        given = self.run.plan
        return resource_pb2.DeploymentInfo(
            project=given.project.name,
            stack=given.stack,
            organization="organization",
            config=given.project.config,
            configSecretKeys=sorted(given.project.secret_keys),
            dryRun=given.dry_run,
            supportedFeatures=FEATURES,
        )

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:
        run = self.run
        urn = run.urn(request.type, request.name, request.parent)
        try:
            refuse_options(request)
            done = run.register(
                _resource(request, urn), custom=request.custom, secret_outputs=request.additionalSecretOutputs
            )
        except HaltedError:
            raise
        except StepError as error:
            with run.state.lock:
                run.errors.append(f"{request.type} {request.name!r}: {wire.scrub(str(error), run.secrets)}")
            raise
        except BaseException as error:
            with run.state.lock:
                self.crash = self.crash or error
                run.errors.append(f"{request.type} {request.name!r}: {type(error).__name__}")
            # For anything else than an Exception the SDK would wait for ever.
            raise RuntimeError("a step crashed") from error
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=done.id, object=wire.dump(done.outputs if request.custom else {})
        )

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> Empty:
        if self.run.seen[request.urn].type == STACK:
            self.outputs = wire.load(request.outputs)
        return Empty()

    def SignalAndWaitForShutdown(self, request: Empty) -> Empty:  # noqa: ARG002
        return Empty()

    def SupportsFeature(self, request: resource_pb2.SupportsFeatureRequest) -> resource_pb2.SupportsFeatureResponse:
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in {"secrets", "aliasSpecs"})

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> NoReturn:
        raise self._refusal(f"the function {request.tok}")

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> NoReturn:
        kind = "stack references" if request.type == "pulumi:pulumi:StackReference" else f"`get` of a {request.type}"
        raise self._refusal(kind)

    def Call(self, request: resource_pb2.ResourceCallRequest) -> NoReturn:
        raise self._refusal(f"the method {request.tok}")

    def ExistsResource(self, request: resource_pb2.ExistsResourceRequest) -> NoReturn:
        raise self._refusal(f"the question whether a {request.type} exists")

    def RegisterPackage(self, request: resource_pb2.RegisterPackageRequest) -> NoReturn:
        raise self._refusal(f"the parameterized package {request.name}")

    def RegisterStackTransform(self, request: object) -> NoReturn:  # noqa: ARG002
        raise self._refusal("transforms")

    def RegisterStackInvokeTransform(self, request: object) -> NoReturn:  # noqa: ARG002
        raise self._refusal("transforms")

    def RegisterResourceHook(self, request: object) -> NoReturn:  # noqa: ARG002
        raise self._refusal("hooks")

    def RegisterErrorHook(self, request: object) -> NoReturn:  # noqa: ARG002
        raise self._refusal("hooks")

    # Engine --------------------------------------------------------------------

    def Log(self, request: engine_pb2.LogRequest) -> Empty:
        if request.severity != engine_pb2.DEBUG:
            severity = engine_pb2.LogSeverity.Name(request.severity).lower()
            self.messages.append((severity, wire.scrub(request.message, self.run.secrets)))
        return Empty()

    def GetRootResource(self, request: engine_pb2.GetRootResourceRequest) -> engine_pb2.GetRootResourceResponse:  # noqa: ARG002
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: engine_pb2.SetRootResourceRequest) -> engine_pb2.SetRootResourceResponse:
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def RequirePulumiVersion(self, request: engine_pb2.RequirePulumiVersionRequest) -> NoReturn:
        raise self._refusal(f"to require a version of Pulumi ({request.pulumi_version_range})")

    def StartDebugging(self, request: object) -> NoReturn:  # noqa: ARG002
        raise self._refusal("debugging")

    def _refusal(self, what: str) -> StepError:
        error = StepError(f"the sandbox does not know {what}")
        with self.run.state.lock:
            self.run.errors.append(str(error))
        return error


def refuse_options(request: resource_pb2.RegisterResourceRequest) -> None:
    """Raise StepError if the registration asks for something that the sandbox would get wrong."""
    present = {field.name for field, _ in request.ListFields()}
    found = [name for field, name in REFUSED.items() if field in present]
    if request.HasField("hooks") and not request.hooks.ListFields():
        found.remove("hooks")
    if any(_renames(alias) for alias in request.aliases):
        found.append("aliases")
    if found:
        raise StepError(f"the sandbox does not know the option {', '.join(found)}")


def _renames(alias: alias_pb2.Alias) -> bool:
    """Whether a program gave the alias. One with nothing but a type is a provider package's own, for what it
    once called the resource; no state of the sandbox has that type."""
    spec = alias.spec
    return bool(alias.urn or spec.name or spec.stack or spec.project or spec.parentUrn or spec.noParent)


def _resource(request: resource_pb2.RegisterResourceRequest, urn: str) -> Resource:
    timeouts = request.customTimeouts
    limits = {"create": timeouts.create, "update": timeouts.update, "delete": timeouts.delete}
    return Resource(
        urn,
        request.type,
        parent=request.parent,
        provider=request.provider,
        inputs=wire.load(request.object),
        dependencies=tuple(sorted({*request.dependencies, request.parent} - {""})),
        limits={operation: seconds(text) for operation, text in limits.items() if text},
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
        delete_before_replace=request.deleteBeforeReplace,
    )


def seconds(duration: str) -> float:
    """A duration as programs write it, such as `1h30m` or `45s`. Raises StepError if it is none."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0}
    if not re.fullmatch(r"(\d+(\.\d+)?[hms])+", duration):
        raise StepError(f"custom timeout {duration!r} is no duration such as 1h30m or 45s")
    return sum(float(number) * units[unit] for number, _, unit in re.findall(r"(\d+(\.\d+)?)([hms])", duration))
