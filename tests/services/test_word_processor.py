"""A DOCX opens in a word processor of others, whole."""

import shutil
import subprocess
from pathlib import Path

import pytest
from pypdf import PdfReader

from regulatory.documents.writers.docx import write_docx
from tests.conftest import require
from tests.regulatory.documents.test_documents import built

pytestmark = pytest.mark.service


@pytest.mark.requirement("REG-122")
def test_a_report_opens_in_libreoffice_with_its_contents_figures_and_wide_pages(
    tmp_path: Path,
) -> None:
    office = shutil.which("soffice")
    require("libreoffice", office is not None, "libreoffice-writer is absent")
    assert office is not None
    file = tmp_path / "report.docx"
    content = built("performance_monitoring_report")
    file.write_bytes(write_docx(content))
    done = subprocess.run(
        [office, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile",
         "--convert-to", "pdf", "--outdir", str(tmp_path), str(file)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "repair" not in (done.stdout + done.stderr).lower()
    pages = PdfReader(tmp_path / "report.pdf").pages
    words = " ".join(" ".join(page.extract_text().split()) for page in pages)
    contents = " ".join(" ".join(page.extract_text().split()) for page in pages[:3])
    for section in content.sections:
        assert f"{section.number} {section.title}" in contents
        assert words.count(section.title) >= 2
    assert "Figure 1" in words
    assert sum(len(page.images) for page in pages) or "studies in the period" in words
    assert f"page 1 of {len(pages)}" in words
