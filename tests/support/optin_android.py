"""What an Android phone says of itself when its commands are asked, made up; and a phone that says it."""

from __future__ import annotations

CONNECTIVITY = """NetworkProviders for:

Active default network: {active}

Current network preferences:
Current Networks:
  NetworkAgentInfo{{network{{101}}  handle{{437934}}  ni{{MOBILE[LTE] CONNECTED extra: internet}} Score(60)
    nc{{[ Transports: CELLULAR Capabilities: INTERNET&NOT_RESTRICTED LinkUpBandwidth>=15000Kbps ]}}}}
  NetworkAgentInfo{{network{{102}}  handle{{442229}}  ni{{WIFI CONNECTED extra: }} Score(60)
    nc{{[ Transports: WIFI Capabilities: NOT_METERED&INTERNET&NOT_VPN&VALIDATED ]}}}}
  NetworkAgentInfo{{network{{103}}  handle{{446524}}  ni{{VPN CONNECTED extra: }} Score(70)
    nc{{[ Transports: CELLULAR|VPN Capabilities: INTERNET ]}}}}
  NetworkAgentInfo [WIFI () - 7]  ni{{[type: WIFI[], state: CONNECTED/CONNECTED]}}
    nc{{[ Transports: WIFI Capabilities: INTERNET ]}}}}
"""
BATTERY = """Current Battery Service state:
  AC powered: false
  USB powered: {usb}
  Wireless powered: false
  status: 2
  level: 71
"""


def use_text(used, events=(), weekly="In-memory weekly stats", attribute="totalTimeUsed"):
    packages = "\n".join(
        f'      package={name} {attribute}="{time}" lastTimeUsed="2026-11-24 22:10:00" appLaunchCount=3'
        for name, time in used.items()
    )
    told = "\n".join(
        f'    time="{time}" type={kind} package=com.spotify.music class=x.Main flags=0x0 '
        for time, kind in events
    )
    return f"""user=0
  Last 24 hour events (timeRange="11/24/2026, 14:00 – 11/25/2026, 14:00"
{told}
  In-memory daily stats
    timeRange="11/25/2026, 00:00 – 14:00"
    packages
      package=com.spotify.music totalTimeUsed="9:59:59" lastTimeUsed="2026-11-24 22:10:00"
  {weekly}
    timeRange="11/23/2026, 02:00 – 11/25/2026, 14:00"
    packages
{packages}
    configurations
  In-memory monthly stats
    timeRange="11/1/2026, 02:00 – 11/25/2026, 14:00"
    packages
      package=com.spotify.music totalTimeUsed="99:59:59"
user=10
  In-memory weekly stats
    packages
      package=com.spotify.music totalTimeUsed="77:00:00"
"""


class Phone:
    """Answers commands, and remembers which were asked."""

    def __init__(self, **used):
        self.used, self.asked, self.events = used, [], []

    def __call__(self, command):
        self.asked.append(command)
        return {
            "dumpsys connectivity": CONNECTIVITY.format(active="102"),
            "dumpsys battery": BATTERY.format(usb="true"),
            "settings get system system_locales": "en-US,fr-FR",
            "dumpsys usagestats": use_text(self.used, self.events),
        }[command]
