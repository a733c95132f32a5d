"""Descriptions cleaned to words that describe an examination (PS3.15 E.3.6, Clean Descriptors).

A description is typed by people and may say anything, so nothing is looked for and taken out: only
words of a fixed vocabulary of body parts, projections and techniques stay, in their order, and
everything else goes, numbers included. What was written as 'Thorax p.a., Fr. Huber, Zi. 12' stays
as 'Thorax p a'.
"""

import re
from collections.abc import Collection
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_WORDS: Final = """
2D 3D 4D A ABDOMEN ABDOMINAL ACQUISITION ADC ADULT AND ANGIO ANGIOGRAPHY ANKLE AP ARM ARTERIAL AXIAL
BASELINE BED BEDSIDE BILATERAL BODY BONE BRAIN BREAST BRUST CAROTID CC CERVICAL CHEST CINE CLAVICLE
CONTRAST CORONAL CORONARY CR CT CTA CXR DELAYED DERIVED DETECTOR DIFFUSION DIGITAL DUAL DWI DX
DYNAMIC ELBOW ENERGY ENHANCED EQUALISATION ERECT EXPIRATION EXTREMITY FACE FEMUR FILTERED FINGER
FLAIR FOOT FOREARM FRONTAL GRADIENT GRID HAND HEAD HEART HIGH HIP HUMERUS IMAGE IMAGES INSPIRATION
KIDNEY KNEE L LAO LAT LATERAL LEFT LIVER LL LM LOCALIZER LOW LUMBAR LUNG LUNGS LYING MAMMO
MAMMOGRAPHY MAXILLA MEDIASTINUM MG ML MLO MOBILE MR MRA MRI NATIVE NECK NON OBL OBLIQUE OF ORIGINAL
P PA PAEDIATRIC PEDIATRIC PELVIS PERFUSION PHASE PLANE PORTABLE PORTAL POST PRE PRIMARY PROJECTION
PROSTATE PROTOCOL R RADIOGRAPH RADIOGRAPHY RAO RECONSTRUCTION RIBS RIGHT ROUTINE SAGITTAL SCAN SCOUT
SECONDARY SERIES SHOULDER SIMULATED SINUS SKULL SOFT SPIN SPINE STANDARD STANDING STIR STUDY SUPINE
T1 T2 T2W THIN THORACIC THORAX TIBIA TISSUE TOMOSYNTHESIS TRAUMA ULTRASOUND UPRIGHT US VENOUS VIEW
VIEWS VOLUME W WITH WITHOUT WO WRIST X XR
"""
DESCRIBING: Final = frozenset(_WORDS.split())
"""The words that a description keeps."""


def described(value: str, *, forbidden: Collection[str] = ()) -> str:
    """What of a description describes an examination; empty where nothing does.

    forbidden: words, in capitals, that stay out although the vocabulary knows them: a patient may
    be called Hand.

    >>> described("Thorax p.a., Fr. Huber, Zi. 12")
    'Thorax p a'
    """
    kept = [
        word for word in _WORD.findall(value)
        if word.isascii() and word.upper() in DESCRIBING and word.upper() not in forbidden
    ]
    return " ".join(kept) if any(len(word) > 1 for word in kept) else ""
