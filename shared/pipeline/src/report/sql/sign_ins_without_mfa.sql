-- Console sign-ins without MFA. Only users and root: for a sign-in through an
-- identity provider the record says `MFAUsed: No` whatever the provider asked.
SELECT eventtime, username, sourceipaddress, arn, account, awsregion
FROM (
  SELECT DISTINCT
    eventid,
    eventtime,
    useridentity.username AS username,
    sourceipaddress,
    useridentity.arn AS arn,
    account,
    awsregion
  FROM {{table}}
  WHERE {{period}}
    AND {{sign_in_without_mfa}}
    AND errorcode IS NULL
) AS signins
ORDER BY from_iso8601_timestamp(eventtime) DESC, eventid
LIMIT {{limit}}
