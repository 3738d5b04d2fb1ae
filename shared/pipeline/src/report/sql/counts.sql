-- The six counts, per account and region, each event once however often it
-- was delivered. A partition without a row delivered nothing.
SELECT
  account,
  region,
  COUNT(*) AS records,
  COUNT(DISTINCT CASE WHEN {{sign_in}} AND useridentity.type = 'Root' THEN eventid END) AS root_sign_ins,
  COUNT(DISTINCT CASE WHEN {{sign_in_without_mfa}} THEN eventid END) AS sign_ins_without_mfa,
  COUNT(DISTINCT CASE WHEN {{escalation}} THEN eventid END) AS escalation_attempts,
  COUNT(DISTINCT CASE WHEN {{trail_change}} THEN eventid END) AS trail_changes,
  COUNT(DISTINCT CASE WHEN {{group_change}} THEN eventid END) AS security_group_changes,
  COUNT(DISTINCT CASE WHEN errorcode IN ({{denied_codes}}) THEN eventid END) AS denied_calls
FROM {{table}}
WHERE {{period}}
GROUP BY account, region
ORDER BY account, region
