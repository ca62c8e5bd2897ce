"""The standard objects of a fresh org, written as small tables. [docs] reference/salesforce.md 3, 6.1, 8.1

One field per line: `Name type[(size)] [flags]`. Size is a length, or precision,scale. Flags: `!` required, `ro` filled
by the system only, `fixed` set at creation only, `->A,B` reference targets, `as X` relationship name,
`[a|b|*c]` picklist with the default starred, `restricted`, `unique`, `= value` default.
"""

from __future__ import annotations

import json
import re
from typing import Any

from provisioner.emulator.salesforce.state.schema import FieldDef, PicklistValue, SObjectDef
from provisioner.emulator.salesforce.state.user_permissions import FIELDS as PERMISSION_FIELDS

_LINE = re.compile(
    r"(?P<name>\w+)\s+(?P<type>\w+)(?:\((?P<size>\d+(?:,\d+)?)\))?(?P<flags>[^\[=]*?)"
    r"(?:\[(?P<values>[^\]]*)\])?(?P<after>\s*restricted)?(?:\s*=\s*(?P<default>.+))?"
)
_AUDIT = """
CreatedDate datetime ! ro
CreatedById reference ! ro ->User
LastModifiedDate datetime ! ro
LastModifiedById reference ! ro ->User
SystemModstamp datetime ! ro
"""
_BIN = "IsDeleted boolean ro = false\n"
_OWNER = "OwnerId reference ! ->Group,User as Owner\n"
_PERSON = """
LastName string(80) !
FirstName string(40)
Salutation picklist [Mr.|Ms.|Mrs.|Dr.|Prof.]
Name string(121) ro
"""
_WEEK = "\n".join(
    f"{day}{end}Time time"
    for day in ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
    for end in ("Start", "End")
)
_SOURCES = "[Web|Phone Inquiry|Partner Referral|Purchased List|Other]"
_INDUSTRIES = (
    "[Agriculture|Banking|Construction|Consulting|Education|Finance|Healthcare|Manufacturing|Technology|Other]"
)
_ADDRESS = "Street textarea(255)\nCity string(40)\nState string(80)\nPostalCode string(20)\nCountry string(80)\n"

_LEAD = f"""{_BIN}{_PERSON}
Title string(128)
Company string(255) !
{_ADDRESS}
Phone phone(40)
MobilePhone phone(40)
Fax phone(40)
Email email(80)
Website url(255)
Description longtextarea(32000)
LeadSource picklist {_SOURCES}
Status picklist ! [*Open - Not Contacted|Working - Contacted|Closed - Converted|Closed - Not Converted]
Industry picklist {_INDUSTRIES}
Rating picklist [Hot|Warm|Cold]
AnnualRevenue currency(18,0)
NumberOfEmployees int
{_OWNER}
HasOptedOutOfEmail boolean = false
DoNotCall boolean = false
IsConverted boolean ro = false
ConvertedDate date ro
ConvertedAccountId reference ro ->Account
ConvertedContactId reference ro ->Contact
ConvertedOpportunityId reference ro ->Opportunity
IsUnreadByOwner boolean = false
RecordTypeId reference ->RecordType
LastActivityDate date ro
EmailBouncedReason string(255) ro
EmailBouncedDate datetime ro
"""
_CONTACT = f"""{_BIN}AccountId reference ->Account
{_PERSON}
Title string(128)
Department string(80)
Phone phone(40)
MobilePhone phone(40)
Email email(80)
LeadSource picklist {_SOURCES}
Description longtextarea(32000)
OwnerId reference ! ->User as Owner
HasOptedOutOfEmail boolean = false
DoNotCall boolean = false
LastActivityDate date ro
"""
_ACCOUNT = f"""{_BIN}Name string(255) !
Type picklist [Prospect|Customer - Direct|Customer - Channel|Partner|Other]
Phone phone(40)
Website url(255)
Industry picklist {_INDUSTRIES}
AnnualRevenue currency(18,0)
NumberOfEmployees int
Description longtextarea(32000)
OwnerId reference ! ->User as Owner
LastActivityDate date ro
"""
_OPPORTUNITY = f"""{_BIN}AccountId reference ->Account
Name string(120) !
StageName picklist ! [Prospecting|Qualification|Proposal/Price Quote|Closed Won|Closed Lost]
Amount currency(18,2)
CloseDate date !
IsClosed boolean ro = false
IsWon boolean ro = false
LeadSource picklist {_SOURCES}
Description longtextarea(32000)
OwnerId reference ! ->User as Owner
LastActivityDate date ro
"""
_TASK = f"""{_BIN}WhoId reference ->Contact,Lead as Who
WhatId reference ->Account,Opportunity as What
Subject string(255)
ActivityDate date
Status picklist ! [*Not Started|In Progress|Completed|Waiting on someone else|Deferred]
Priority picklist ! [High|*Normal|Low]
OwnerId reference ! ->Group,User as Owner
Description longtextarea(32000)
Type picklist [Call|Meeting|Other]
IsClosed boolean ro = false
IsHighPriority boolean ro = false
IsArchived boolean ro = false
CallDurationInSeconds int
CallType picklist [Internal|Inbound|Outbound]
CallDisposition string(255)
CallObject string(255)
TaskSubtype picklist fixed [*Task|Email|ListEmail|Cadence|Call|LinkedIn] restricted
CompletedDateTime datetime ro
IsReminderSet boolean = false
ReminderDateTime datetime
"""
_EVENT = f"""{_BIN}WhoId reference ->Contact,Lead as Who
WhatId reference ->Account,Opportunity as What
Subject string(255)
Location string(255)
StartDateTime datetime
EndDateTime datetime
ActivityDateTime datetime
ActivityDate date
DurationInMinutes int
IsAllDayEvent boolean = false
OwnerId reference ! ->User as Owner
Description longtextarea(32000)
Type picklist [Email|Meeting|Other|Call]
IsChild boolean ro = false
IsGroupEvent boolean ro = false
IsArchived boolean ro = false
EventSubtype picklist fixed [*Event] restricted
"""
_EMAIL = f"""{_BIN}ParentId reference fixed ->Case
ActivityId reference ro ->Task
RelatedToId reference ->Account,Contact,Lead,Opportunity as RelatedTo
Subject string(3000)
TextBody longtextarea(32000)
HtmlBody longtextarea(32000)
FromName string(1000)
FromAddress email(1000)
ToAddress string(4000)
CcAddress string(4000)
BccAddress string(4000)
Incoming boolean = false
Status picklist ! [*0|1|2|3|4|5] restricted
MessageDate datetime
FromId reference ->Contact,Lead,User
EmailTemplateId reference
Source picklist
AutomationType picklist [AiAssisted|AiAutomated]
"""
_USER = """
Username string(80) ! unique
LastName string(80) !
FirstName string(40)
Name string(121) ro
CompanyName string(80)
Title string(80)
Email email(128) !
Alias string(8) !
IsActive boolean = false
UserRoleId reference ->UserRole as UserRole
ProfileId reference ! ->Profile as Profile
ManagerId reference ->User as Manager
UserType picklist ro [*Standard|PowerPartner|CSPLitePortal|Guest|AutomatedProcess|CloudIntegrationUser] restricted
TimeZoneSidKey string(40) !
LocaleSidKey string(40) !
LanguageLocaleKey string(40) !
EmailEncodingKey string(40) !
LastLoginDate datetime ro
"""
_STATUS = "MasterLabel string(255) ro\nApiName string(255) ro\nSortOrder int ro\nIsDefault boolean ro = false\n"


def _set(name: str, label: str, prefix: str, lines: str, **facts: Any) -> SObjectDef:
    return make(name, label, prefix, lines, setup=True, **facts)


def make(name: str, label: str, prefix: str, lines: str, **facts: Any) -> SObjectDef:
    """An object from its table of lines (see the module's docstring), with Id first and audit fields last."""
    listed = f"Id id ! ro\n{lines}{_AUDIT}".splitlines()
    return SObjectDef(name, label, prefix, fields=tuple(read_line(line) for line in listed if line.strip()), **facts)


def read_line(line: str) -> FieldDef:
    """One field of a table. Raises ValueError for a line that does not follow the notation."""
    match = _LINE.fullmatch(line.strip())
    if match is None:
        raise ValueError(f"Not a field: {line!r}")
    flags = match["flags"]
    kind, size = match["type"], [int(part) for part in (match["size"] or "").split(",") if part]
    name = match["name"]
    target = re.search(r"->(\S+)", flags)
    relation = re.search(r"\bas (\w+)", flags)
    numeric = kind in ("double", "currency", "percent")
    words = set(flags.split())
    picklist = tuple(
        PicklistValue(text.removeprefix("*"), text.removeprefix("*"), default=text.startswith("*"))
        for text in (match["values"] or "").split("|")
        if text
    )
    return FieldDef(
        name=name,
        label=_label(name),
        type=kind,
        length=_length(kind, size),
        precision=size[0] if numeric and size else (8 if kind == "int" else 0),
        scale=size[1] if numeric and len(size) > 1 else 0,
        nillable="!" not in words and kind != "boolean",
        createable="ro" not in words,
        updateable=not words & {"ro", "fixed"},
        default=json.loads(match["default"]) if match["default"] else None,
        picklist=picklist,
        restricted=bool(match["after"]),
        reference_to=tuple(target[1].split(",")) if target else (),
        relationship_name=relation[1] if relation else (name.removesuffix("Id") if target else None),
        unique="unique" in words,
    )


def _length(kind: str, size: list[int]) -> int:
    fixed = {"id": 18, "reference": 18, "picklist": 255, "multipicklist": 4099, "phone": 40}
    return size[0] if size and kind not in ("double", "currency", "percent") else fixed.get(kind, 0)


def _label(name: str) -> str:
    """`CreatedById` → `Created By ID`, `OwnerId` → `Owner ID`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.sub(r"\bId$", "ID", words)


OBJECTS: tuple[SObjectDef, ...] = (
    make("Lead", "Lead", "00Q", _LEAD, label_plural="Leads"),
    make("Contact", "Contact", "003", _CONTACT, label_plural="Contacts"),
    make("Account", "Account", "001", _ACCOUNT, label_plural="Accounts"),
    make("Opportunity", "Opportunity", "006", _OPPORTUNITY, label_plural="Opportunities"),
    make("Activity", "Activity", "   ", "", createable=False, updateable=False, deletable=False, queryable=False),
    make("Task", "Task", "00T", _TASK, label_plural="Tasks"),
    make("Event", "Event", "00U", _EVENT, label_plural="Events"),
    make("EmailMessage", "Email Message", "02s", _EMAIL, label_plural="Email Messages"),
    _set("User", "User", "005", _USER, label_plural="Users", deletable=False),
    _set("UserLogin", "User Login", "0Yw",
         "UserId reference ro ->User\nIsFrozen boolean = false\nIsPasswordLocked boolean = false\n",
         createable=False, deletable=False),
    _set("Profile", "Profile", "00e", "Name string(255) !\nUserType picklist ro [*Standard]\n"),
    _set("UserRole", "Role", "00E", "Name string(80) !\nDeveloperName string(80)\nParentRoleId reference ->UserRole\n"),
    _set(
        "Organization", "Organization", "00D",
        "Name string(80) !\nIsSandbox boolean ro = false\nInstanceName string(5) ro\nOrganizationType picklist ro\n"
        "TimeZoneSidKey string(40)\nLanguageLocaleKey string(40)\nNamespacePrefix string(15) ro\n"
        "TrialExpirationDate datetime ro\nDefaultLocaleSidKey string(40)\n"
        "DefaultLeadAccess picklist ro [None|Read|Edit|*ReadEditTransfer] restricted\n",
        createable=False, deletable=False,
    ),
    _set(
        "Group", "Group", "00G",
        "Name string(40) !\nDeveloperName string(80)\nRelatedId reference ro ->User,UserRole as Related\n"
        "Type picklist ! fixed [Regular|Queue|Role|RoleAndSubordinates|Organization]\nEmail email(255)\n"
        "DoesSendEmailToMembers boolean = false\nDoesIncludeBosses boolean = false\n",
    ),
    _set("GroupMember", "Group Member", "011",
         "GroupId reference ! ->Group as Group\nUserOrGroupId reference ! ->Group,User\n", updateable=False),
    _set("QueueSobject", "Queue Sobject", "03g",
         "QueueId reference ! ->Group as Queue\nSobjectType picklist !\n", updateable=False),
    _set("LeadStatus", "Lead Status Value", "01J", _STATUS + "IsConverted boolean ro = false\n",
         createable=False, updateable=False, deletable=False),
    _set("TaskStatus", "Task Status Value", "01T", _STATUS + "IsClosed boolean ro = false\n",
         createable=False, updateable=False, deletable=False),
    _set("BusinessHours", "Business Hours", "01m",
         "Name string(80) !\nIsActive boolean = true\nIsDefault boolean = false\nTimeZoneSidKey string(40) !\n" + _WEEK,
         deletable=False),
    _set("Holiday", "Holiday", "0C0",
         "Name string(80) !\nDescription string(255)\nIsAllDay boolean = true\nActivityDate date\n"
         "StartTimeInMinutes int\nEndTimeInMinutes int\nIsRecurrence boolean = false\nRecurrenceType picklist\n"
         "RecurrenceStartDate date\nRecurrenceEndDateOnly date\nRecurrenceInterval int\nRecurrenceDayOfMonth int\n"
         "RecurrenceDayOfWeekMask int\nRecurrenceInstance picklist\nRecurrenceMonthOfYear picklist\n"),
    _set("CustomNotificationType", "Custom Notification Type", "0ML",
         "DeveloperName string(80) !\nMasterLabel string(80) !\nCustomNotifTypeName string(80) !\n"
         "Description string(255)\n"
         "Desktop boolean = false\nMobile boolean = false\nNamespacePrefix string(15) ro\n"),
    _set("PermissionSet", "Permission Set", "0PS",
         "Name string(80) !\nLabel string(80) !\nDescription string(255)\nIsOwnedByProfile boolean ro = false\n"
         "IsCustom boolean ro = true\nHasActivationRequired boolean = false\nProfileId reference ro ->Profile\n"
         "NamespacePrefix string(15) ro\nType picklist ro [*Regular|Standard|Profile]\n"
         + "".join(f"{field} boolean = false\n" for field in PERMISSION_FIELDS.values())),
    _set("PermissionSetAssignment", "Permission Set Assignment", "0Pa",
         "PermissionSetId reference ! fixed ->PermissionSet\nAssigneeId reference ! fixed ->User\n"
         "IsActive boolean ro = true\n",
         updateable=False),
    _set("FieldPermissions", "Field Permissions", "01k",
         "ParentId reference ! fixed ->PermissionSet\nSobjectType picklist ! fixed\nField picklist ! fixed\n"
         "PermissionsRead boolean = false\nPermissionsEdit boolean = false\n"),
    _set("ObjectPermissions", "Object Permissions", "110",
         "ParentId reference ! fixed ->PermissionSet\nSobjectType picklist ! fixed\n"
         + "".join(f"Permissions{name} boolean = false\n" for name in (
             "Read", "Create", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords"))),
    _set("StaticResource", "Static Resource", "081",
         "Name string(255) !\nContentType string(120) !\nBodyLength int ro\nBody base64\nDescription textarea(255)\n"
         "CacheControl picklist ! [*Private|Public] restricted\nNamespacePrefix string(15) ro\n"),
    _set("SetupAuditTrail", "Setup Audit Trail Entry", "0Ym",
         "Action string(128) ro\nSection string(128) ro\nDisplay string(1000) ro\nDelegateUser string(255) ro\n"
         "ResponsibleNamespacePrefix string(15) ro\n", createable=False, updateable=False, deletable=False),
    _set("ApexClass", "Apex Class", "01p",
         "Name string(255) !\nNamespacePrefix string(15) ro\nApiVersion double(18,1)\n"
         "Status picklist [Inactive|*Active|Deleted]\nIsValid boolean = true\nBody longtextarea(1000000)\n"
         "LengthWithoutComments int\n"),
    _set("ApexTrigger", "Apex Trigger", "01q",
         "Name string(255) !\nNamespacePrefix string(15) ro\nTableEnumOrId picklist\nApiVersion double(18,1)\n"
         "Status picklist [Inactive|*Active|Deleted]\nIsValid boolean = true\nBody longtextarea(1000000)\n"
         "LengthWithoutComments int\n"),
    _set("RecordType", "Record Type", "012",
         "Name string(80) !\nDeveloperName string(80) !\nNamespacePrefix string(15) ro\nDescription string(255)\n"
         "SobjectType picklist ! fixed\nIsActive boolean = true\n", deletable=False),
)  # fmt: skip
# StandardValueSet → the fields it feeds. Names: [docs] the Metadata API's list of them.
VALUE_SETS: dict[str, tuple[tuple[str, str], ...]] = {
    "LeadSource": (("Lead", "LeadSource"), ("Contact", "LeadSource"), ("Opportunity", "LeadSource")),
    "LeadStatus": (("Lead", "Status"),),
    "Industry": (("Lead", "Industry"), ("Account", "Industry")),
    "AccountRating": (("Lead", "Rating"),),
    "Salutation": (("Lead", "Salutation"), ("Contact", "Salutation")),
    "TaskStatus": (("Task", "Status"),),
    "TaskType": (("Task", "Type"),),
    "EventType": (("Event", "Type"),),
}
