"""What the server makes of the files of reports and dashboards: the defaults it adds. [real] reference 1.10, 7.5"""

from __future__ import annotations

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.analytics.report_types import LEADS
from provisioner.emulator.salesforce.metadata.normalise import normal_plain
from provisioner.emulator.salesforce.metadata.work import Work
from provisioner.emulator.salesforce.state.rows import Compare

_CHART = {
    "backgroundColor1": "#FFFFFF", "backgroundColor2": "#FFFFFF", "backgroundFadeDir": "Diagonal",
    "enableHoverLabels": "false", "expandOthers": "true", "showAxisLabels": "true", "showPercentage": "false",
    "showTotal": "false", "showValues": "false", "textColor": "#000000", "textSize": "12", "titleColor": "#000000",
    "titleSize": "18",
}  # fmt: skip


def _ensure(node: etree._Element, name: str, value: str | bool) -> None:
    if xml.kid(node, name) is None:
        xml.add(node, name, value)


def normal_report(root: etree._Element) -> etree._Element:
    """A report as saved. A filter on a blank loses its empty `value`, as every empty element (1.10)."""
    out = normal_plain(root)
    for item in out.iter(f"{{{xml.NS}}}criteriaItems"):
        _ensure(item, "columnToColumn", False)
        _ensure(item, "isUnlocked", True)
        xml.sort_children(item)
    for name in ("groupingsDown", "groupingsAcross"):
        for grouping in xml.kids(out, name):
            _ensure(grouping, "dateGranularity", "Day")
            xml.sort_children(grouping)
    for chart in xml.kids(out, "chart"):
        for key, value in _CHART.items():
            _ensure(chart, key, value)
        xml.sort_children(chart)
    if xml.text(out, "reportType") == LEADS and not xml.kids(out, "params"):
        parameter = xml.add(out, "params")
        xml.add(parameter, "name", "co")
        xml.add(parameter, "value", "1")
    for key in ("showDetails", "showGrandTotal", "showSubTotals"):
        _ensure(out, key, True)
    xml.sort_children(out)
    return out


def normal_dashboard(work: Work, root: etree._Element) -> etree._Element:
    """A dashboard as saved; its running user is one of this org."""
    out = normal_plain(root)
    _ensure(out, "dashboardChartTheme", xml.text(out, "chartTheme") or "light")
    _ensure(out, "dashboardColorPalette", xml.text(out, "colorPalette") or "unity")
    _ensure(out, "dashboardType", "SpecifiedUser")
    _ensure(out, "isGridLayout", xml.kid(out, "dashboardGridLayout") is not None)
    if xml.text(out, "dashboardType") == "SpecifiedUser":
        _set_running_user(work, out)
    for component in out.iter(f"{{{xml.NS}}}dashboardComponent"):
        for key, value in (("drillEnabled", False), ("displayUnits", "Auto")):
            _ensure(component, key, value)
        xml.sort_children(component)
    xml.sort_children(out)
    return out


def _set_running_user(work: Work, out: etree._Element) -> None:
    named = xml.text(out, "runningUser")
    known = named is not None and work.org.rows.select("User", Compare("Username", "=", named), limit=1)
    if known:
        return
    for old in xml.kids(out, "runningUser"):
        out.remove(old)
    user = work.org.rows.get("User", work.user_id) or {}
    xml.add(out, "runningUser", str(user["Username"]))
