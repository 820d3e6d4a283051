-- Keep a new report.

put_report(ask.report)
return answer()
