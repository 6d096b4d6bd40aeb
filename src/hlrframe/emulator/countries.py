"""The countries of the emulator's world: codes, English name and mobile country code of each.

One line a country: ISO 3166 alpha-2, alpha-3, ITU E.212 mobile country code (the first one where a country has
several), name. Kosovo, Ascension and Tristan da Cunha bear the codes in common use.
"""

import functools
from dataclasses import dataclass
from typing import Final

__all__ = ["INTERNATIONAL", "Country", "country_of", "region_of_iso3"]


@dataclass(frozen=True, slots=True)
class Country:
    """One country, or the world of numbers that belong to none."""

    #: ISO 3166 alpha-2, or ``"001"`` for numbers that belong to no country.
    region: str
    #: ISO 3166 alpha-3; empty for numbers that belong to no country.
    iso3: str
    #: Mobile country code, three digits.
    mcc: str
    #: English name.
    name: str


#: Satellite, freephone and machine numbers that belong to no country.
INTERNATIONAL: Final = Country("001", "", "901", "International")


@functools.cache
def _countries() -> dict[str, Country]:
    rows = (line.split(" ", 3) for line in _TABLE.strip().splitlines())
    return {region: Country(region, iso3, mcc, name) for region, iso3, mcc, name in rows}


def country_of(region: str) -> Country:
    """Gives the country of an ISO 3166 alpha-2 code; an unknown one is :data:`INTERNATIONAL`.

    >>> country_of("GB")
    Country(region='GB', iso3='GBR', mcc='234', name='United Kingdom')
    """
    return _countries().get(region, INTERNATIONAL)


@functools.cache
def _regions() -> dict[str, str]:
    return {each.iso3: each.region for each in _countries().values()}


def region_of_iso3(iso3: str) -> str | None:
    """Gives the alpha-2 code of an upper-case alpha-3 one; ``None`` where there is no such country.

    >>> region_of_iso3("GBR"), region_of_iso3("gbr")
    ('GB', None)
    """
    return _regions().get(iso3)


_TABLE: Final = """
AC ASC 658 Ascension Island
AD AND 213 Andorra
AE ARE 424 United Arab Emirates
AF AFG 412 Afghanistan
AG ATG 344 Antigua and Barbuda
AI AIA 365 Anguilla
AL ALB 276 Albania
AM ARM 283 Armenia
AO AGO 631 Angola
AR ARG 722 Argentina
AS ASM 544 American Samoa
AT AUT 232 Austria
AU AUS 505 Australia
AW ABW 363 Aruba
AX ALA 244 Åland Islands
AZ AZE 400 Azerbaijan
BA BIH 218 Bosnia and Herzegovina
BB BRB 342 Barbados
BD BGD 470 Bangladesh
BE BEL 206 Belgium
BF BFA 613 Burkina Faso
BG BGR 284 Bulgaria
BH BHR 426 Bahrain
BI BDI 642 Burundi
BJ BEN 616 Benin
BL BLM 340 Saint Barthélemy
BM BMU 350 Bermuda
BN BRN 528 Brunei
BO BOL 736 Bolivia
BQ BES 362 Caribbean Netherlands
BR BRA 724 Brazil
BS BHS 364 Bahamas
BT BTN 402 Bhutan
BW BWA 652 Botswana
BY BLR 257 Belarus
BZ BLZ 702 Belize
CA CAN 302 Canada
CC CCK 505 Cocos Islands
CD COD 630 Congo (Kinshasa)
CF CAF 623 Central African Republic
CG COG 629 Congo (Brazzaville)
CH CHE 228 Switzerland
CI CIV 612 Côte d'Ivoire
CK COK 548 Cook Islands
CL CHL 730 Chile
CM CMR 624 Cameroon
CN CHN 460 China
CO COL 732 Colombia
CR CRI 712 Costa Rica
CU CUB 368 Cuba
CV CPV 625 Cape Verde
CW CUW 362 Curaçao
CX CXR 505 Christmas Island
CY CYP 280 Cyprus
CZ CZE 230 Czechia
DE DEU 262 Germany
DJ DJI 638 Djibouti
DK DNK 238 Denmark
DM DMA 366 Dominica
DO DOM 370 Dominican Republic
DZ DZA 603 Algeria
EC ECU 740 Ecuador
EE EST 248 Estonia
EG EGY 602 Egypt
EH ESH 604 Western Sahara
ER ERI 657 Eritrea
ES ESP 214 Spain
ET ETH 636 Ethiopia
FI FIN 244 Finland
FJ FJI 542 Fiji
FK FLK 750 Falkland Islands
FM FSM 550 Micronesia
FO FRO 288 Faroe Islands
FR FRA 208 France
GA GAB 628 Gabon
GB GBR 234 United Kingdom
GD GRD 352 Grenada
GE GEO 282 Georgia
GF GUF 340 French Guiana
GG GGY 234 Guernsey
GH GHA 620 Ghana
GI GIB 266 Gibraltar
GL GRL 290 Greenland
GM GMB 607 Gambia
GN GIN 611 Guinea
GP GLP 340 Guadeloupe
GQ GNQ 627 Equatorial Guinea
GR GRC 202 Greece
GT GTM 704 Guatemala
GU GUM 310 Guam
GW GNB 632 Guinea-Bissau
GY GUY 738 Guyana
HK HKG 454 Hong Kong
HN HND 708 Honduras
HR HRV 219 Croatia
HT HTI 372 Haiti
HU HUN 216 Hungary
ID IDN 510 Indonesia
IE IRL 272 Ireland
IL ISR 425 Israel
IM IMN 234 Isle of Man
IN IND 404 India
IO IOT 995 British Indian Ocean Territory
IQ IRQ 418 Iraq
IR IRN 432 Iran
IS ISL 274 Iceland
IT ITA 222 Italy
JE JEY 234 Jersey
JM JAM 338 Jamaica
JO JOR 416 Jordan
JP JPN 440 Japan
KE KEN 639 Kenya
KG KGZ 437 Kyrgyzstan
KH KHM 456 Cambodia
KI KIR 545 Kiribati
KM COM 654 Comoros
KN KNA 356 Saint Kitts and Nevis
KP PRK 467 North Korea
KR KOR 450 South Korea
KW KWT 419 Kuwait
KY CYM 346 Cayman Islands
KZ KAZ 401 Kazakhstan
LA LAO 457 Laos
LB LBN 415 Lebanon
LC LCA 358 Saint Lucia
LI LIE 295 Liechtenstein
LK LKA 413 Sri Lanka
LR LBR 618 Liberia
LS LSO 651 Lesotho
LT LTU 246 Lithuania
LU LUX 270 Luxembourg
LV LVA 247 Latvia
LY LBY 606 Libya
MA MAR 604 Morocco
MC MCO 212 Monaco
MD MDA 259 Moldova
ME MNE 297 Montenegro
MF MAF 340 Saint Martin
MG MDG 646 Madagascar
MH MHL 551 Marshall Islands
MK MKD 294 North Macedonia
ML MLI 610 Mali
MM MMR 414 Myanmar
MN MNG 428 Mongolia
MO MAC 455 Macau
MP MNP 310 Northern Mariana Islands
MQ MTQ 340 Martinique
MR MRT 609 Mauritania
MS MSR 354 Montserrat
MT MLT 278 Malta
MU MUS 617 Mauritius
MV MDV 472 Maldives
MW MWI 650 Malawi
MX MEX 334 Mexico
MY MYS 502 Malaysia
MZ MOZ 643 Mozambique
NA NAM 649 Namibia
NC NCL 546 New Caledonia
NE NER 614 Niger
NF NFK 505 Norfolk Island
NG NGA 621 Nigeria
NI NIC 710 Nicaragua
NL NLD 204 Netherlands
NO NOR 242 Norway
NP NPL 429 Nepal
NR NRU 536 Nauru
NU NIU 555 Niue
NZ NZL 530 New Zealand
OM OMN 422 Oman
PA PAN 714 Panama
PE PER 716 Peru
PF PYF 547 French Polynesia
PG PNG 537 Papua New Guinea
PH PHL 515 Philippines
PK PAK 410 Pakistan
PL POL 260 Poland
PM SPM 308 Saint Pierre and Miquelon
PR PRI 330 Puerto Rico
PS PSE 425 Palestine
PT PRT 268 Portugal
PW PLW 552 Palau
PY PRY 744 Paraguay
QA QAT 427 Qatar
RE REU 647 Réunion
RO ROU 226 Romania
RS SRB 220 Serbia
RU RUS 250 Russia
RW RWA 635 Rwanda
SA SAU 420 Saudi Arabia
SB SLB 540 Solomon Islands
SC SYC 633 Seychelles
SD SDN 634 Sudan
SE SWE 240 Sweden
SG SGP 525 Singapore
SH SHN 658 Saint Helena
SI SVN 293 Slovenia
SJ SJM 242 Svalbard and Jan Mayen
SK SVK 231 Slovakia
SL SLE 619 Sierra Leone
SM SMR 292 San Marino
SN SEN 608 Senegal
SO SOM 637 Somalia
SR SUR 746 Suriname
SS SSD 659 South Sudan
ST STP 626 Sao Tome and Principe
SV SLV 706 El Salvador
SX SXM 362 Sint Maarten
SY SYR 417 Syria
SZ SWZ 653 Eswatini
TA TAA 658 Tristan da Cunha
TC TCA 376 Turks and Caicos Islands
TD TCD 622 Chad
TG TGO 615 Togo
TH THA 520 Thailand
TJ TJK 436 Tajikistan
TK TKL 554 Tokelau
TL TLS 514 Timor-Leste
TM TKM 438 Turkmenistan
TN TUN 605 Tunisia
TO TON 539 Tonga
TR TUR 286 Turkey
TT TTO 374 Trinidad and Tobago
TV TUV 553 Tuvalu
TW TWN 466 Taiwan
TZ TZA 640 Tanzania
UA UKR 255 Ukraine
UG UGA 641 Uganda
US USA 310 United States
UY URY 748 Uruguay
UZ UZB 434 Uzbekistan
VA VAT 225 Vatican City
VC VCT 360 Saint Vincent and the Grenadines
VE VEN 734 Venezuela
VG VGB 348 British Virgin Islands
VI VIR 310 US Virgin Islands
VN VNM 452 Vietnam
VU VUT 541 Vanuatu
WF WLF 543 Wallis and Futuna
WS WSM 549 Samoa
XK XKX 221 Kosovo
YE YEM 421 Yemen
YT MYT 208 Mayotte
ZA ZAF 655 South Africa
ZM ZMB 645 Zambia
ZW ZWE 648 Zimbabwe
"""
