-- Calls by IAM users from public addresses.
SELECT eventtime, useridentity.arn AS arn, eventname, sourceipaddress, awsregion
FROM {{table}}
WHERE {{period}}
  AND useridentity.type = 'IAMUser'
  AND errorcode IS NULL
  AND {{public_address}}
GROUP BY eventtime, useridentity.arn, eventname, sourceipaddress, awsregion
ORDER BY from_iso8601_timestamp(eventtime) DESC, useridentity.arn, eventname, sourceipaddress, awsregion
LIMIT {{limit}}
