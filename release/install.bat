@echo off
rem Install landmarket from this folder, without a network: install.bat [folder of the environment]
rem Plain ASCII with CRLF line ends, so that it runs under every code page.
setlocal
set "HERE=%~dp0"
set "TARGET=%~1"
if "%TARGET%"=="" set "TARGET=%CD%\landmarket"
set "PYTHON_RUN=py -3"
where py >nul 2>nul || set "PYTHON_RUN=python"
%PYTHON_RUN% -c "import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 14) and sys.maxsize > 2**32))" || goto no_python
%PYTHON_RUN% -m venv "%TARGET%" || goto failed
"%TARGET%\Scripts\python.exe" -m pip --disable-pip-version-check install --quiet --no-index --find-links "%HERE%wheelhouse" --require-hashes -r "%HERE%requirements.txt" || goto failed
for %%W in ("%HERE%landmarket-*.whl") do "%TARGET%\Scripts\python.exe" -m pip --disable-pip-version-check install --quiet --no-index --no-deps "%%W" || goto failed
"%TARGET%\Scripts\landmarket.exe" --version || goto failed
echo Installed. Try: "%TARGET%\Scripts\landmarket.exe" demo
if "%~1"=="" pause
exit /b 0

:no_python
echo Python 3.11 or later (64-bit, 3.11 to 3.14) was not found. Install it, then run this file again.
if "%~1"=="" pause
exit /b 1

:failed
echo Installation failed; see the message above.
if "%~1"=="" pause
exit /b 1
