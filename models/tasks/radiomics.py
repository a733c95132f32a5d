"""Is the finding there, told from an outlined region: a classification whose input is an outline
beside the picture. What is said and how it is judged is that of a classification."""

from collections.abc import Mapping

from models.tasks.base import OutputField
from models.tasks.classification import ClassificationTask


class RadiomicsTask(ClassificationTask):
    """One finding, present or absent, from the radiomic features of an outlined region."""

    name = "radiomics"
    fields = (
        *ClassificationTask.fields,
        OutputField("features_missing", "words", "",
                    "features of the model that were not estimable, for which the training "
                    "median stands"),
        OutputField("region_pixels", "number", "pixels", "pixels inside the outline"),
    )  # fmt: skip
    watched = ("score",)
    averaged = False
    reads_outline = True
    not_operated = (
        "it reads an outlined region, and no outline arrives with a study in operation"
    )
    not_asked: Mapping[str, str] = {}
