"""How each metadata type is saved: type → handler. A handler raises Refused with the server's words."""

from __future__ import annotations

from collections.abc import Callable

from provisioner.emulator.salesforce.metadata.handlers import (
    apex,
    conversion,
    custom_metadata,
    flows,
    groups,
    messages,
    objects,
    permission_sets,
    picklists,
    record_types,
    settings,
    simple,
)  # fmt: skip
from provisioner.emulator.salesforce.metadata.reports import handlers as analytics
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work

HANDLERS: dict[str, Callable[[Work, Item], Saved]] = {
    "CustomObject": objects.put_object,
    "CustomField": objects.put_field,
    "BusinessProcess": record_types.put_business_process,
    "RecordType": record_types.put_record_type,
    "ListView": objects.put_list_view,
    "ValidationRule": objects.put_validation_rule,
    "CustomMetadata": custom_metadata.put_record,
    "GlobalValueSet": picklists.put_global_value_set,
    "StandardValueSet": picklists.put_standard_value_set,
    "CustomNotificationType": simple.put_notification_type,
    "StaticResource": simple.put_static_resource,
    "LeadConvertSettings": conversion.put_map,
    "Group": groups.put_group,
    "Queue": groups.put_queue,
    "Settings": settings.put_settings,
    "EmailTemplate": messages.put_email_template,
    "Workflow": messages.put_workflow,
    "WorkflowAlert": messages.put_alert,
    "ApexClass": apex.put_class,
    "ApexTrigger": apex.put_trigger,
    "Flow": flows.put_flow,
    "FlowDefinition": flows.put_definition,
    "ReportType": analytics.put_report_type,
    "Report": analytics.put_report,
    "Dashboard": analytics.put_dashboard,
    "PermissionSet": permission_sets.put_permission_set,
}
